import Bytes
import CacheModel

/// A lane of a checked segment applied to a state, by one thread beside those of the other lanes.
extension CheckedSegment {
    /// What applying a lane came to.
    struct Outcome: Sendable {
        /// By how much the digest of the state changed up to each digest of the segment, and then to its end.
        var digestChanges: [UInt64] = []
        /// Of the lane's first record that was not applied.
        var flaw: Flaw?
    }

    /// What is wrong with a record, and where that ends.
    struct Flaw: Error, Sendable {
        var flaw: RecordFlaw
        var end: WalkEnd
    }

    /// How many records ahead of its turn a record's slot of the index is asked for, then its entry: what takes less
    /// than a wait for memory a record must begin some records earlier.
    private static let indexAhead = 16
    private static let entryAhead = 8

    /// Applies one lane, up to what cannot be.
    func apply(lane number: Int, to state: any ReplayState, progress: RecoveryProgress) -> Outcome {
        let lane = lanes[number]
        var outcome = Outcome()
        var boards = lane.stretches.contains { $0.hasBoards } ? state.boardDigest : 0
        var start = 0
        for stretch in lane.stretches {
            do throws(Flaw) {
                var change = try apply(lane, start..<stretch.end, to: state)
                if stretch.hasBoards {
                    let before = boards
                    boards = state.boardDigest
                    change &+= boards &- before
                }
                outcome.digestChanges.append(change)
            } catch {
                outcome.flaw = error
                return outcome
            }
            progress.add(records: UInt64(stretch.end - start))
            start = stretch.end
        }
        return outcome
    }

    private func apply(
        _ lane: Lane, _ range: Range<Int>, to state: any ReplayState
    ) throws(Flaw) -> UInt64 {
        var change: UInt64 = 0
        for index in range {
            if let hint = lane.hint(at: index + Self.indexAhead) { state.prefetchIndex(hint) }
            if let hint = lane.hint(at: index + Self.entryAhead) { state.prefetchEntry(hint) }
            change &+= try apply(segment.bytes, at: Int(lane.offsets[index]), to: state)
        }
        return change
    }

    private func apply(
        _ buffer: borrowing IOBuffer, at offset: Int, to state: any ReplayState
    ) throws(Flaw) -> UInt64 {
        let bytes = buffer.readable
        guard let header = RecordHeader.peek(bytes, at: offset) else {
            preconditionFailure("a record changed after it was checked")
        }
        do throws(RecordFlaw) {
            guard case .effect(let effect) = try RecordContent.read(header, in: bytes, at: offset) else {
                preconditionFailure("a record changed after it was checked")
            }
            return state.replay(effect, at: header.position)
        } catch {
            let end = LogEnd(last: header.position, lastTime: header.logTime)
            throw Flaw(flaw: error, end: WalkEnd(offset: offset + header.length, log: end))
        }
    }
}
