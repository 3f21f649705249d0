import CacheModel
import Synchronization

/// How far the log is, for everybody to read without a lock.
///
/// Positions rise only. All accesses are sequentially consistent: who waits for a position raises a flag and looks
/// again, who moves it moves it and lowers the flag, and one of the two must see the other.
package final class LogProgress: Sendable {
    private let writtenWord: Atomic<UInt64>
    private let syncedWord: Atomic<UInt64>
    /// Up to where the policy lets replies leave without a sync: behind what is written while the disk is stalled.
    private let readyWord: Atomic<UInt64>
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
        readyWord = Atomic(position.packed)
        self.policy = policy
    }

    /// All records up to here have been written to the file.
    package var written: Position { Position(packed: writtenWord.load(ordering: .sequentiallyConsistent)) }
    /// All records up to here are on the disk.
    package var synced: Position { Position(packed: syncedWord.load(ordering: .sequentiallyConsistent)) }
    /// Up to where replies may leave. After a failure only what is on the disk is certain, whatever the policy.
    package var released: Position {
        if policy == .always || state == .failed { return synced }
        return Position(packed: readyWord.load(ordering: .sequentiallyConsistent))
    }
    package var state: LogState { LogState(rawValue: stateWord.load(ordering: .sequentiallyConsistent)) ?? .failed }

    /// Whether the disk does not keep up: acknowledgements without a sync are as old as they may be.
    package func isStalled(at monotonic: Int64) -> Bool {
        guard policy == .everysec else { return false }
        // In this order, against that of `beginSync()`: one of the two is seen.
        let unsynced = unsyncedSince.load(ordering: .sequentiallyConsistent)
        let covered = syncingSince.load(ordering: .sequentiallyConsistent)
        let since = covered != 0 ? covered : unsynced
        return since != 0 && monotonic - since >= Self.longestUnsynced
    }

    // MARK: For the log's threads

    /// - Parameter monotonic: when the write had returned, in milliseconds.
    func noteWritten(_ position: Position, at monotonic: Int64) {
        writtenWord.store(position.packed, ordering: .sequentiallyConsistent)
        _ = unsyncedSince.compareExchange(
            expected: 0, desired: max(1, monotonic), ordering: .sequentiallyConsistent)
        release(at: monotonic)
    }

    var oldestUnsynced: Int64 { unsyncedSince.load(ordering: .relaxed) }

    /// A sync is about to begin. What it covers is looked up afterwards: a record written in between then counts as not
    /// covered although it is, which costs a sync; the other way round one could be forgotten.
    func beginSync() {
        var since = unsyncedSince.load(ordering: .relaxed)
        while true {
            syncingSince.store(since, ordering: .sequentiallyConsistent)
            let (isDone, found) = unsyncedSince.compareExchange(
                expected: since, desired: 0, ordering: .sequentiallyConsistent)
            if isDone { return }
            since = found
        }
    }

    /// The sync has succeeded, and ``noteSynced(_:)`` was told of it.
    /// - Parameter monotonic: now, in milliseconds.
    func endSync(at monotonic: Int64) {
        syncingSince.store(0, ordering: .sequentiallyConsistent)
        release(at: monotonic)
    }

    /// Lets replies leave up to what is written. A write that took so long that the disk is stalled by now leaves its
    /// replies to the next sync: they would be acknowledged more than a second after others that can be lost with them.
    /// Of a write and the end of a sync at the same moment one sees the other: both tell first and look then.
    private func release(at monotonic: Int64) {
        readyWord.max((isStalled(at: monotonic) ? synced : written).packed, ordering: .sequentiallyConsistent)
    }

    func noteSynced(_ position: Position) {
        if position > synced { syncedWord.store(position.packed, ordering: .sequentiallyConsistent) }
    }

    /// A failed log stays failed, whatever another thread finds at the same moment.
    func enter(_ state: LogState) {
        var known = stateWord.load(ordering: .relaxed)
        while known != LogState.failed.rawValue {
            let (isDone, found) = stateWord.weakCompareExchange(
                expected: known, desired: state.rawValue, ordering: .sequentiallyConsistent)
            if isDone { return }
            known = found
        }
    }
}
