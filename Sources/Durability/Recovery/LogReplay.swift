import CacheModel
import Posix

/// Applies segments of the log to a state with all cores: one thread reads and checks a segment ahead, the others apply
/// what is checked, each the keys of its lane. At every digest all wait for each other and the state is compared. A
/// short log is read by the caller.
///
/// Memory beside the state: three segments, and twelve bytes for each of their records.
struct LogReplay {
    /// A segment to apply, and where it ends if it is open.
    struct Part: Sendable {
        var entry: SegmentEntry
        var length: Int?
    }

    private enum Step: Sendable {
        case segment(CheckedSegment)
        case failed(RecoveryError)
        case end
    }

    let disk: any Disk
    let history: HistoryID
    let state: any DurableState
    /// Records up to here are in the state already.
    let base: Position
    let lanes: Int
    let progress: RecoveryProgress

    /// Fewer records are applied by one thread: waking others would take longer.
    private static let worthSharing = 256

    /// A log of fewer bytes is read before another thread would be awake.
    static let worthReadingAhead = 256 << 10

    /// Applies the parts in order and returns how many records that were.
    /// - Parameters:
    ///   - bytes: how many the parts have.
    ///   - before: how the log before the first part ended, nil for the first of all.
    func run(_ parts: [Part], bytes: Int, after before: LogEnd?) throws(RecoveryError) -> UInt64 {
        let crew = Crew(lanes: lanes)
        defer { crew.dismiss() }
        if bytes < Self.worthReadingAhead { return try readInTurn(parts, before, crew) }
        return try readAhead(parts, before, crew)
    }

    private func readInTurn(_ parts: [Part], _ before: LogEnd?, _ crew: Crew) throws(RecoveryError) -> UInt64 {
        var (before, records) = (before, 0 as UInt64)
        for part in parts {
            let checked = try check(part, before)
            before = checked.end.log
            records += try apply(checked, crew)
        }
        return records
    }

    private func readAhead(_ parts: [Part], _ before: LogEnd?, _ crew: Crew) throws(RecoveryError) -> UInt64 {
        let reader = ThreadGroup()
        let handoff = Handoff<Step>()
        defer {
            handoff.close()
            reader.join()
        }
        do throws(SystemError) {
            try reader.start(name: "nh-log-read") { [self] in read(parts, before, handoff) }
        } catch {
            throw .noThread(error)
        }
        var records: UInt64 = 0
        while let step = handoff.take() {
            switch step {
            case .segment(let checked): records += try apply(checked, crew)
            case .failed(let error): throw error
            case .end: return records
            }
        }
        return records
    }

    private func check(_ part: Part, _ before: LogEnd?) throws(RecoveryError) -> CheckedSegment {
        let segment = try SegmentBytes(part.entry, of: history, on: disk)
        return try CheckedSegment(segment, upTo: part.length, after: before, base: base, lanes: lanes, for: state)
    }

    private func read(_ parts: [Part], _ before: LogEnd?, _ handoff: Handoff<Step>) {
        var before = before
        do throws(RecoveryError) {
            for part in parts {
                let checked = try check(part, before)
                before = checked.end.log
                guard handoff.give(.segment(checked)) else { return }
            }
            _ = handoff.give(.end)
        } catch {
            _ = handoff.give(.failed(error))
        }
    }

    private func apply(_ checked: CheckedSegment, _ crew: Crew) throws(RecoveryError) -> UInt64 {
        var records: UInt64 = 0
        for (index, stretch) in checked.stretches.enumerated() {
            if stretch.records < Self.worthSharing {
                for lane in 0..<lanes { checked.apply(index, lane: lane, to: state) }
            } else {
                let state = state
                do throws(SystemError) {
                    try crew.run { lane in checked.apply(index, lane: lane, to: state) }
                } catch {
                    throw .noThread(error)
                }
            }
            records += UInt64(stretch.records)
            progress.add(records: UInt64(stretch.records))
            if let digest = stretch.digest, digest.value != state.digest {
                throw .digest(
                    file: checked.segment.entry.name, offset: digest.place.offset,
                    position: digest.place.header.position)
            }
        }
        progress.add(bytes: UInt64(checked.end.offset))
        return records
    }
}

extension RecoveryError {
    fileprivate static func noThread(_ error: SystemError) -> RecoveryError {
        .resources("no thread to load the log: \(error)")
    }
}
