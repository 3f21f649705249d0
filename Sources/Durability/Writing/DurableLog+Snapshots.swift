import CacheModel
import Posix
import Synchronization

/// What a snapshot needs of the log. The callers may wait: they are threads of their own.
extension DurableLog: SnapshotLog {
    /// How long a position is waited for, in milliseconds: a disk that takes longer has failed.
    private static let patience: Int64 = 60_000

    package func point(atLeast position: Position) throws(SnapshotFailure) -> LogPoint {
        let running = try current()
        // By number: a state that goes on in a new epoch says so before it has a record of it. Not by what is written:
        // behind a write that stopped half way that is further than digest and groups go.
        try wait(running) { running.parts.place.current.position.number >= position.number }
        // A batch ends where a group does, so this lies inside none.
        let place = running.parts.place.current
        return LogPoint(position: place.position, logTime: place.logTime, digest: place.digest)
    }

    package func read(
        after start: Position, through end: Position, _ body: (borrowing Effect, Position, Int) -> Void
    ) throws(SnapshotFailure) {
        let running = try current()
        let reader = LogReader(disk: running.parts.store.disk, manifest: running.parts.store.current)
        do throws(RecoveryError) {
            try reader.read(after: start, through: end) { effect, header in
                body(effect, header.position, header.remaining)
            }
        } catch {
            throw .log(error.reason)
        }
    }

    package func sync(through position: Position) throws(SnapshotFailure) {
        let running = try current()
        running.syncer.request(through: position)
        try wait(running) { running.progress.synced.number >= position.number }
    }

    package var bytesWritten: UInt64 { counters.bytes }

    private func current() throws(SnapshotFailure) -> Running {
        guard let running = running.withLock({ $0 }) else { throw .log("the log is not open") }
        return running
    }

    private func wait(_ running: Running, until isReached: () -> Bool) throws(SnapshotFailure) {
        let end = time.monotonicMilliseconds + Self.patience
        while !isReached() {
            switch running.progress.state {
            case .failed: throw .log("the log has failed")
            // It would be waited for in vain, and a stop that waits is cut short by who asked for it.
            case .blocked: throw .log("the disk that keeps the log is full")
            case .open, .full: break
            }
            guard time.monotonicMilliseconds < end else { throw .log("the log did not get there in time") }
            wakeUp()
            Thread.sleep(milliseconds: 1)
        }
    }
}
