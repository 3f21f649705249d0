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
    /// How often the log thread looks for room again on a full disk, in milliseconds.
    static let retry: Int64 = 500

    struct Running: Sendable {
        let parts: LogParts
        let syncer: LogSyncer

        var progress: LogProgress { parts.progress }
    }

    package let policy: FsyncPolicy
    package let counters = LogCounters()
    /// All the time the log knows of.
    let time: any TimeSource
    private let segmentBytes: Int
    private let mostQueued: Int
    private let digestInterval: UInt64
    private let queue = LogQueue()
    private let wake = Semaphore()
    private let sleeps = Atomic<Bool>(false)
    private let isStopping = Atomic<Bool>(false)
    private let mustCloseSegment = Atomic<Bool>(false)
    let running = Mutex<Running?>(nil)
    private let threads = ThreadGroup()
    private let hasFailed = Atomic<Bool>(false)

    /// - Parameters:
    ///   - segmentBytes: where a segment ends and the next begins.
    ///   - mostQueued: unwritten bytes above which changes are to be held, since the disk does not keep up.
    ///   - digestInterval: records between two digests in the log.
    package init(
        policy: FsyncPolicy, segmentBytes: Int = 64 << 20, mostQueued: Int = 256 << 20,
        digestInterval: UInt64 = 10_000, time: any TimeSource = SystemTime()
    ) {
        self.policy = policy
        self.segmentBytes = segmentBytes
        self.mostQueued = mostQueued
        self.digestInterval = digestInterval
        self.time = time
    }

    /// Begins to write behind what recovery found, on threads of its own.
    /// - Parameter digest: of the data set as it was recovered.
    /// - Returns: what to ask before a reply leaves.
    package func start(
        _ log: consuming OpenLog, in store: ManifestStore, digest: UInt64, listener: any LogListener
    ) throws(SystemError) -> LogProgress {
        let writer = open(log, in: store, digest: digest, listener: listener)
        let (progress, syncer) = (writer.parts.progress, writer.syncer)
        let held = HeldWriter(writer)
        try threads.start(name: "log") { [self] in write(held.take()) }
        try threads.start(name: "log-sync") { syncer.run() }
        return progress
    }

    /// Makes everything but the threads, whose turns are then the caller's to take.
    func open(
        _ log: consuming OpenLog, in store: ManifestStore, digest: UInt64, listener: any LogListener
    ) -> LogWriter {
        let progress = LogProgress(at: log.writer.last, policy: policy)
        let syncs = SyncTurn()
        let appender = LogAppender(
            log.writer, in: store, digest: digest, segmentBytes: segmentBytes, digestInterval: digestInterval,
            syncs: syncs)
        let parts = LogParts(
            queue: queue, progress: progress, place: LogPlaceBoard(appender.place), syncs: syncs, store: store,
            counters: counters, listener: listener, time: time, failed: { [weak self] error in self?.fail(error) })
        let running = Running(parts: parts, syncer: LogSyncer(log.marks, parts))
        self.running.withLock { $0 = running }
        return LogWriter(appender, parts, syncer: running.syncer)
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
        guard queue.byteCount > 0, sleeps.load(ordering: .sequentiallyConsistent) else { return }
        if sleeps.exchange(false, ordering: .acquiringAndReleasing) { wake.signal() }
    }

    /// Whether the log thread has nothing to do, so that only ``kick()`` would make it write.
    package var isSleeping: Bool { sleeps.load(ordering: .relaxed) }

    /// Wakes the log thread whether or not it seems to sleep.
    func wakeUp() { wake.signal() }

    /// Whether more is waiting to be written than the disk will take soon.
    package var isOverfull: Bool { queue.byteCount > mostQueued }

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

    private func write(_ writer: consuming LogWriter) {
        var writer = writer
        while true {
            switch writer.turn(closingSegment: mustCloseSegment.exchange(false, ordering: .relaxed)) {
            case .goOn: break
            case .rest:
                if isStopping.load(ordering: .acquiring) { return writer.close() }
                sleep()
                writer.lookAtRoom()
            case .retry:
                if isStopping.load(ordering: .acquiring) { return }
                wake.wait(milliseconds: Self.retry)
            case .end: return
            }
        }
    }

    /// Sleeps until a loop has something; once a second it looks whether the disk has room.
    private func sleep() {
        sleeps.store(true, ordering: .sequentiallyConsistent)
        if queue.byteCount > 0 || isStopping.load(ordering: .acquiring) {
            sleeps.store(false, ordering: .relaxed)
            return
        }
        wake.wait(milliseconds: 1000)
        sleeps.store(false, ordering: .relaxed)
    }

    private func fail(_ error: SystemError) {
        guard let running = running.withLock({ $0 }),
            !hasFailed.exchange(true, ordering: .acquiringAndReleasing)
        else { return }
        running.progress.enter(.failed)
        running.parts.listener.logMoved()
        running.parts.listener.logFailed("\(error). \(error.advice)")
    }

    // MARK: The end

    /// Writes and syncs what is left and closes the segment. Nobody may change the state any more.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.signal()
        running.withLock { $0?.syncer }?.stop()
        threads.join()
    }
}

/// Carries the writer to its thread.
private final class HeldWriter: Sendable {
    private let writer: Mutex<LogWriter?>

    init(_ writer: consuming LogWriter) { self.writer = Mutex(writer) }

    func take() -> LogWriter {
        writer.withLock { writer in
            guard let taken = writer.take() else { preconditionFailure("the writer was taken twice") }
            return taken
        }
    }
}
