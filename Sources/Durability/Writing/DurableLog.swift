import CacheModel
import Posix
import Synchronization

/// The log of a running server: takes records from the shards, writes them in batches, syncs as the policy says, and
/// tells how far it is.
///
/// ```
/// shards ─ record() ─► queue ─► log thread: order, seal, one write a batch ─► written
///                                                     sync thread: one sync at a time ─► synced
/// ```
/// Made before the state it serves, because the state is made with a reader; ``start(_:in:digest:listener:)`` when
/// recovery has said where the log goes on. Nobody may change the state before.
package final class DurableLog: EffectReader, SegmentLog {
    /// Unwritten bytes above which changes are held: the disk does not keep up.
    private static let mostQueued = 256 << 20
    /// How often the log thread looks for room again on a full disk, in milliseconds.
    private static let retry: Int64 = 500

    struct Running: Sendable {
        let progress: LogProgress
        let place: LogPlaceBoard
        let syncer: LogSyncer
        let store: ManifestStore
        let listener: any LogListener
    }

    package let policy: FsyncPolicy
    package let counters = LogCounters()
    private let segmentBytes: Int
    private let queue = LogQueue()
    private let wake = Semaphore()
    private let isSleeping = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let mustCloseSegment = Atomic<Bool>(false)
    let running = Mutex<Running?>(nil)
    private let threads = ThreadGroup()
    private let hasFailed = Atomic<Bool>(false)

    /// - Parameter segmentBytes: where a segment ends and the next begins.
    package init(policy: FsyncPolicy, segmentBytes: Int = 64 << 20) {
        self.policy = policy
        self.segmentBytes = segmentBytes
    }

    /// Begins to write behind what recovery found.
    /// - Parameter digest: of the data set as it was recovered.
    /// - Returns: what to ask before a reply leaves.
    package func start(
        _ log: consuming OpenLog, in store: ManifestStore, digest: UInt64, listener: any LogListener
    ) throws(SystemError) -> LogProgress {
        let progress = LogProgress(at: log.writer.last, policy: policy)
        let syncs = SyncTurn()
        let appender = LogAppender(log.writer, in: store, digest: digest, segmentBytes: segmentBytes, syncs: syncs)
        let place = LogPlaceBoard(appender.place)
        let syncer = LogSyncer(
            log.marks, progress: progress, place: place, syncs: syncs, counters: counters,
            moved: { listener.logMoved() }, failed: { [weak self] error in self?.fail(error) })
        let running = Running(progress: progress, place: place, syncer: syncer, store: store, listener: listener)
        self.running.withLock { $0 = running }
        let held = HeldAppender(appender)
        try threads.start(name: "log") { [self] in write(held.take(), running) }
        try threads.start(name: "log-sync") { syncer.run() }
        return progress
    }

    // MARK: From the shards and the loops

    package func record(_ effect: borrowing Effect, at position: Position, remaining: Int, digestChange: UInt64) {
        // Behind a failure nothing is written: what reads and ends still say must not heap up.
        if hasFailed.load(ordering: .relaxed) { return }
        queue.append(effect, at: position, remaining: remaining, digestChange: digestChange)
    }

    /// Wakes the log thread when there is something to write: called by a loop at the end of its turn, so that a turn
    /// costs one waking however many records it made.
    package func kick() {
        guard queue.byteCount > 0, isSleeping.load(ordering: .sequentiallyConsistent) else { return }
        if isSleeping.exchange(false, ordering: .acquiringAndReleasing) { wake.signal() }
    }

    /// Wakes the log thread whether or not it seems to sleep.
    func wakeUp() { wake.signal() }

    /// Whether more is waiting to be written than the disk will take soon.
    package var isOverfull: Bool { queue.byteCount > Self.mostQueued }

    /// Asks for a sync that covers `position`.
    package func requestSync(through position: Position) {
        running.withLock { $0?.syncer }?.request(through: position)
    }

    package var writtenPosition: Position { running.withLock { $0?.progress.written } ?? .none }

    package func closeSegment() {
        mustCloseSegment.store(true, ordering: .relaxed)
        wakeUp()
    }

    // MARK: The log thread

    private func write(_ appender: consuming LogAppender, _ running: Running) {
        var appender = appender
        while running.progress.state != .failed {
            let wall = Instant(milliseconds: Clock.wallMilliseconds())
            let isEarly = mustCloseSegment.exchange(false, ordering: .relaxed)
            let outcome =
                isEarly
                ? appender.closeEarly(at: wall)
                : appender.step(
                    queue, synced: running.progress.synced, wall: wall, monotonic: Clock.monotonicMilliseconds())
            switch outcome {
            case .idle where isEarly: continue
            case .idle:
                if isStopping.load(ordering: .acquiring) { return close(appender, running) }
                sleep()
                lookAtRoom(running, left: appender.roomLeft)
            case .written: publish(appender, running)
            case .outOfSpace:
                counters.noteRefusedWrite()
                publish(appender, running)
                running.progress.enter(.blocked)
                running.listener.logMoved()
                if isStopping.load(ordering: .acquiring) { return }
                wake.wait(milliseconds: Self.retry)
            case .failed(let error):
                publish(appender, running)
                return fail(error)
            }
        }
    }

    private func publish(_ appender: borrowing LogAppender, _ running: Running) {
        // Between a write that stopped half way and the next, digest and groups do not fit the position.
        if !appender.isWriteLeft { running.place.current = appender.place }
        // What waited for room may have been no more than what the log says of itself: no position moves then.
        if running.progress.state == .blocked, !appender.isWriteLeft { running.progress.enter(.open) }
        guard appender.last > running.progress.written else { return }
        counters.noteBatch(total: appender.bytesWritten)
        running.progress.noteWritten(appender.last, at: Clock.monotonicMilliseconds())
        running.syncer.noteWritten()
        if policy != .always { running.listener.logMoved() }
    }

    /// Sleeps until a loop has something; once a second it looks whether the disk has room.
    private func sleep() {
        isSleeping.store(true, ordering: .sequentiallyConsistent)
        if queue.byteCount > 0 || isStopping.load(ordering: .acquiring) {
            isSleeping.store(false, ordering: .relaxed)
            return
        }
        wake.wait(milliseconds: 1000)
        isSleeping.store(false, ordering: .relaxed)
    }

    /// - Parameter left: bytes that the segment still takes.
    private func lookAtRoom(_ running: Running, left: Int) {
        guard let space = try? DiskSpace(of: running.store.disk) else { return }
        let hasRoom = max(0, space.spare) + left > DiskSpace.leastSegment
        switch running.progress.state {
        case .open where !hasRoom: running.progress.enter(.full)
        case .full where hasRoom: running.progress.enter(.open)
        default: break
        }
    }

    private func fail(_ error: SystemError) {
        guard let running = running.withLock({ $0 }),
            !hasFailed.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        running.progress.enter(.failed)
        running.listener.logMoved()
        running.listener.logFailed("\(error). \(error.advice)")
    }

    // MARK: The end

    /// Writes and syncs what is left and closes the segment. Nobody may change the state any more.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.signal()
        running.withLock { $0?.syncer }?.stop()
        threads.join()
    }

    private func close(_ appender: borrowing LogAppender, _ running: Running) {
        guard running.progress.state != .failed else { return }
        do throws(SystemError) {
            try appender.sealOff()
            try running.syncer.note(appender.last, isComplete: true)
            let closing = appender.closing
            try running.store.update { $0.segments[$0.segments.count - 1].closing = closing }
        } catch {
            fail(error)
        }
    }
}

/// Carries the appender to its thread.
private final class HeldAppender: Sendable {
    private let appender: Mutex<LogAppender?>

    init(_ appender: consuming LogAppender) { self.appender = Mutex(appender) }

    func take() -> LogAppender {
        appender.withLock { appender in
            guard let taken = appender.take() else { preconditionFailure("the appender was taken twice") }
            return taken
        }
    }
}
