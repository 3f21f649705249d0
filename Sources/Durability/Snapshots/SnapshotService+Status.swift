import CacheModel
import Synchronization

/// One snapshot as an operator sees it: sound, in the making, or failed.
package struct SnapshotStatus: Sendable {
    package enum State: Sendable {
        case waiting, running
        /// Made, and not known to be sound before its rehearsal ends.
        case rehearsing
        /// Its last rehearsal went well: only then it may be fetched.
        case complete
        /// It was not made, or its last rehearsal did not go well.
        case failed
    }

    package var id: UInt64
    package var state: State
    /// What the manifest says; nil for one that is not made.
    package var entry: SnapshotEntry?
    /// While it runs: what is done, how many entries and how many bytes of the file so far.
    package var phase = SnapshotProgress.Phase.waiting
    package var records: UInt64 = 0
    package var bytes: UInt64 = 0
    /// Whether it is loaded in rehearsal now or soon, and when that last went well since the start.
    package var isVerifying = false
    package var verifiedAt: Instant?
    /// Why it was not made, or did not pass.
    package var failure: String?

    package init(id: UInt64, state: State) {
        self.id = id
        self.state = state
    }
}

extension SnapshotService {
    /// All there are and the one in the making, by id; beside them the last one that failed.
    package var all: [SnapshotStatus] {
        let now = shared.withLock { $0 }
        var found = now.entries.map { status(of: $0, now) }
        let failed = now.failures.keys.filter { id in !now.entries.contains { $0.id == id } }.max()
        if let failed {
            var status = SnapshotStatus(id: failed, state: .failed)
            status.failure = now.failures[failed]
            found.append(status)
        }
        if let next = next(now) { found.append(next) }
        return found.sorted { $0.id < $1.id }
    }

    /// The snapshot of an id, nil when there is none and none is wanted.
    package func status(of id: UInt64) -> SnapshotStatus? { all.first { $0.id == id } }

    private func status(of entry: SnapshotEntry, _ now: Shared) -> SnapshotStatus {
        var status = SnapshotStatus(id: entry.id, state: .rehearsing)
        status.entry = entry
        status.isVerifying = now.verifying == entry.id || now.toVerify.contains(entry.id)
        status.verifiedAt = now.verified[entry.id]
        if now.isSound(entry) {
            status.state = .complete
        } else if let failure = now.failures[entry.id], !status.isVerifying {
            status.state = .failed
            status.failure = failure
        }
        return status
    }

    private func next(_ now: Shared) -> SnapshotStatus? {
        guard now.isRunning || now.isWanted, !now.entries.contains(where: { $0.id == now.next }) else { return nil }
        var status = SnapshotStatus(id: now.next, state: now.isRunning ? .running : .waiting)
        let progress = progress
        status.phase = progress.phase
        status.records = progress.records
        status.bytes = progress.bytes
        return status
    }
}

extension SnapshotProgress.Phase {
    /// The word an operator sees.
    package var word: StaticString {
        switch self {
        case .waiting: "waiting"
        case .capturing: "capturing"
        case .tail: "log"
        case .syncing: "syncing"
        case .rehearsing: "rehearsing"
        case .done: "done"
        case .failed: "failed"
        }
    }
}
