import CacheModel
import Posix
import Synchronization

/// Brings to the disk what has been written: one sync at a time, on a thread of its own, so that writing goes on
/// meanwhile and what is written then is covered by the next.
final class LogSyncer: Sendable {
    /// How long after the first unsynced record `everysec` begins a sync, in milliseconds; the other half of the second
    /// is left to the sync itself.
    static let delay: Int64 = 500

    private let progress: LogProgress
    private let place: LogPlaceBoard
    private let syncs: SyncTurn
    private let mark: Mutex<MarkFile>
    /// The highest position whose sync somebody waits for, packed.
    private let wanted = Atomic<UInt64>(Position.none.packed)
    private let wake = Semaphore()
    private let isStopping = Atomic<Bool>(false)
    private let failed: @Sendable (SystemError) -> Void
    private let moved: @Sendable () -> Void
    private let counters: LogCounters

    init(
        _ mark: consuming MarkFile, progress: LogProgress, place: LogPlaceBoard, syncs: SyncTurn,
        counters: LogCounters, moved: @escaping @Sendable () -> Void, failed: @escaping @Sendable (SystemError) -> Void
    ) {
        self.mark = Mutex(mark)
        self.syncs = syncs
        self.progress = progress
        self.place = place
        self.counters = counters
        self.moved = moved
        self.failed = failed
    }

    /// Records have been written: the next sync may begin, where one is due with each batch or somebody waits for it.
    func noteWritten() {
        if progress.policy == .always || isWanted { wake.signal() }
    }

    /// Asks for a sync that covers `position`, whatever the policy. Never waits for one.
    func request(through position: Position) {
        wanted.max(position.packed, ordering: .releasing)
        wake.signal()
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.signal()
    }

    func run() {
        while !isStopping.load(ordering: .acquiring) {
            wake.wait(milliseconds: pause)
            if progress.state != .failed, isDue { sync() }
        }
    }

    /// Until it is worth looking again.
    private var pause: Int64 {
        guard progress.policy == .everysec else { return 1000 }
        let oldest = progress.oldestUnsynced
        guard oldest != 0 else { return Self.delay / 4 }
        return max(1, oldest + Self.delay - Clock.monotonicMilliseconds())
    }

    /// Whether somebody waits for a sync; what it waits for may not be written yet.
    private var isWanted: Bool { Position(packed: wanted.load(ordering: .acquiring)) > progress.synced }

    private var isDue: Bool {
        if isWanted { return true }
        switch progress.policy {
        case .always: return progress.written > progress.synced
        case .everysec:
            let oldest = progress.oldestUnsynced
            return oldest != 0 && Clock.monotonicMilliseconds() - oldest >= Self.delay
        case .no: return false
        }
    }

    /// One sync of what is written now, and the mark that says so before a reply does.
    func sync() {
        progress.beginSync()
        let place = place.current
        let start = Clock.monotonicNanoseconds()
        do throws(SystemError) {
            try syncs.sync(place.file)
            try note(place.position, isComplete: progress.policy == .always)
            progress.endSync()
        } catch {
            return failed(error)
        }
        counters.noteSync(nanoseconds: Clock.monotonicNanoseconds() - start)
        moved()
    }

    /// Writes down that the disk holds the log up to `position`.
    func note(_ position: Position, isComplete: Bool) throws(SystemError) {
        try mark.withLock { (mark) throws(SystemError) in
            try mark.write(DurableMark(position: position, isComplete: isComplete))
        }
        progress.noteSynced(position)
    }
}
