import CacheModel
import Posix

/// Applies segments of the log to a state with all cores: one thread reads and checks a segment ahead, the others apply
/// what is checked, each the keys of its lane. At every digest all wait for each other and the state is compared.
///
/// Memory beside the state: two segments.
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

    /// Applies the parts in order and returns how many records that were.
    /// - Parameter before: how the log before the first part ended, nil for the first of all.
    func run(_ parts: [Part], after before: LogEnd?) throws(RecoveryError) -> UInt64 {
        let crew: Crew
        let reader = ThreadGroup()
        let handoff = Handoff<Step>()
        do throws(SystemError) {
            crew = try Crew(lanes: lanes)
            do throws(SystemError) {
                try reader.start(name: "nh-log-read") { [self] in read(parts, before, handoff) }
            } catch {
                crew.dismiss()
                throw error
            }
        } catch {
            throw .resources("no thread to load the log: \(error)")
        }
        defer {
            handoff.close()
            reader.join()
            crew.dismiss()
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

    private func read(_ parts: [Part], _ before: LogEnd?, _ handoff: Handoff<Step>) {
        var before = before
        do throws(RecoveryError) {
            for part in parts {
                let segment = try SegmentBytes(part.entry, of: history, on: disk)
                let checked = try CheckedSegment(
                    segment, upTo: part.length, after: before, base: base, lanes: lanes)
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
                crew.run { lane in checked.apply(index, lane: lane, to: state) }
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
