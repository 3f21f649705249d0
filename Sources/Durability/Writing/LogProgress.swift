import CacheModel
import Synchronization

/// How far the log is, for everybody to read without a lock.
///
/// Positions rise only. `acquiring` and `releasing` pair the writing of a record with the reply that leaves for it.
package final class LogProgress: Sendable {
    private let writtenWord: Atomic<UInt64>
    private let syncedWord: Atomic<UInt64>
    private let stateWord = Atomic<UInt8>(LogState.open.rawValue)
    /// When the oldest written record that no sync covers, and the oldest that the sync under way covers, was written,
    /// in monotonic milliseconds; 0 without one.
    private let unsyncedSince = Atomic<Int64>(0)
    private let syncingSince = Atomic<Int64>(0)
    package let policy: FsyncPolicy

    /// How old the oldest acknowledgement without a sync may become under `everysec` before changes are held.
    package static let longestUnsynced: Int64 = 1000

    init(at position: Position, policy: FsyncPolicy) {
        writtenWord = Atomic(position.packed)
        syncedWord = Atomic(position.packed)
        self.policy = policy
    }

    /// All records up to here have been written to the file.
    package var written: Position { Position(packed: writtenWord.load(ordering: .acquiring)) }
    /// All records up to here are on the disk.
    package var synced: Position { Position(packed: syncedWord.load(ordering: .acquiring)) }
    /// Up to where replies may leave. After a failure only what is on the disk is certain, whatever the policy.
    package var released: Position { policy == .always || state == .failed ? synced : written }
    package var state: LogState { LogState(rawValue: stateWord.load(ordering: .acquiring)) ?? .failed }

    /// Whether the disk does not keep up: acknowledgements without a sync are as old as they may be.
    package func isStalled(at monotonic: Int64) -> Bool {
        guard policy == .everysec else { return false }
        let covered = syncingSince.load(ordering: .relaxed)
        let since = covered != 0 ? covered : unsyncedSince.load(ordering: .relaxed)
        return since != 0 && monotonic - since >= Self.longestUnsynced
    }

    // MARK: For the log's threads

    func noteWritten(_ position: Position, at monotonic: Int64) {
        writtenWord.store(position.packed, ordering: .releasing)
        _ = unsyncedSince.compareExchange(expected: 0, desired: max(1, monotonic), ordering: .relaxed)
    }

    var oldestUnsynced: Int64 { unsyncedSince.load(ordering: .relaxed) }

    /// A sync is about to begin. What it covers is looked up afterwards: a record written in between then counts as not
    /// covered although it is, which costs a sync; the other way round one could be forgotten.
    func beginSync() {
        syncingSince.store(unsyncedSince.load(ordering: .sequentiallyConsistent), ordering: .relaxed)
        unsyncedSince.store(0, ordering: .sequentiallyConsistent)
    }

    /// The sync has succeeded.
    func endSync() { syncingSince.store(0, ordering: .relaxed) }

    func noteSynced(_ position: Position) {
        if position > synced { syncedWord.store(position.packed, ordering: .releasing) }
    }

    /// A failed log stays failed, whatever another thread finds at the same moment.
    func enter(_ state: LogState) {
        var known = stateWord.load(ordering: .relaxed)
        while known != LogState.failed.rawValue {
            let (isDone, found) = stateWord.weakCompareExchange(
                expected: known, desired: state.rawValue, ordering: .acquiringAndReleasing)
            if isDone { return }
            known = found
        }
    }
}
