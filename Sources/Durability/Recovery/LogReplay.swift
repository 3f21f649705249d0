import CacheModel
import Posix
import Synchronization

/// Applies segments of the log to a state with all cores: one thread reads and checks a segment ahead, the others apply
/// what is checked, each the keys of its lane. None waits for another before the segment's end: each sums up by how
/// much it changes the digest of the state, and the sums are compared with every digest of the segment behind it. A
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
    let state: any ReplayState
    /// Records up to here are in the state already.
    let base: Position
    let lanes: Int
    let progress: RecoveryProgress

    /// Fewer records are applied by one thread: waking others would take longer.
    static let worthSharing = 256

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
        var (before, records, digest) = (before, 0 as UInt64, state.digest)
        for part in parts {
            let checked = try check(part, before)
            before = checked.end.log
            records += try apply(checked, crew, &digest)
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
        var (records, digest) = (0 as UInt64, state.digest)
        while let step = handoff.take() {
            switch step {
            case .segment(let checked): records += try apply(checked, crew, &digest)
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

    /// - Parameter digest: of the state, before and afterwards.
    private func apply(
        _ checked: CheckedSegment, _ crew: Crew, _ digest: inout UInt64
    ) throws(RecoveryError) -> UInt64 {
        let outcomes = try outcomes(of: checked, crew)
        if let first = outcomes.compactMap(\.flaw).min(by: { $0.end.offset < $1.end.offset }) {
            throw .flaw(first.flaw, in: checked.segment.entry, at: first.end)
        }
        for (index, expected) in checked.digests.enumerated() {
            for outcome in outcomes { digest &+= outcome.digestChanges[index] }
            guard digest == expected.value else { throw Self.otherDigest(at: expected.place, in: checked) }
        }
        for outcome in outcomes { digest &+= outcome.digestChanges[checked.digests.count] }
        // The sums are about a state that really is so.
        guard digest == state.digest else {
            throw .digest(file: checked.segment.entry.name, offset: checked.end.offset, position: checked.end.log.last)
        }
        progress.add(bytes: UInt64(checked.end.offset))
        return UInt64(checked.records)
    }

    private func outcomes(
        of checked: CheckedSegment, _ crew: Crew
    ) throws(RecoveryError) -> [CheckedSegment.Outcome] {
        let (state, progress) = (state, progress)
        if checked.records < Self.worthSharing {
            return (0..<lanes).map { checked.apply(lane: $0, to: state, progress: progress) }
        }
        let outcomes = Mutex([CheckedSegment.Outcome](repeating: CheckedSegment.Outcome(), count: lanes))
        do throws(SystemError) {
            try crew.run { lane in
                let outcome = checked.apply(lane: lane, to: state, progress: progress)
                outcomes.withLock { $0[lane] = outcome }
            }
        } catch {
            throw .noThread(error)
        }
        return outcomes.withLock { $0 }
    }

    private static func otherDigest(at place: PlacedRecord, in checked: CheckedSegment) -> RecoveryError {
        .digest(file: checked.segment.entry.name, offset: place.offset, position: place.header.position)
    }
}

extension RecoveryError {
    fileprivate static func noThread(_ error: SystemError) -> RecoveryError {
        .resources("no thread to load the log: \(error)")
    }
}
