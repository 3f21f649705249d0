import CacheModel
import Posix
import Synchronization

/// Brings to the disk what has been written: one sync at a time, on a thread of its own, so that writing goes on
/// meanwhile and what is written then is covered by the next.
///
/// A sync has three parts, which the thread does one behind the other and a simulation when it likes: ``begin()`` fixes
/// what it covers, ``bring(_:)`` waits for the disk, ``finish(_:)`` lets everybody know.
final class LogSyncer: Sendable {
    /// How long after the first unsynced record `everysec` begins a sync, in milliseconds; the other half of the second
    /// is left to the sync itself.
    static let delay: Int64 = 500

    /// A sync under way.
    struct Sync: Sendable {
        /// The file to bring to the disk, and up to where it holds the log.
        let place: LogPlace
        /// When it began, in monotonic nanoseconds.
        let start: Int64
    }

    private let parts: LogParts
    private let mark: Mutex<MarkFile>
    /// The highest position whose sync somebody waits for, packed.
    private let wanted = Atomic<UInt64>(Position.none.packed)
    private let wake = Semaphore()
    private let isStopping = Atomic<Bool>(false)

    init(_ mark: consuming MarkFile, _ parts: LogParts) {
        self.mark = Mutex(mark)
        self.parts = parts
    }

    private var progress: LogProgress { parts.progress }

    /// Records have been written: the next sync may begin, where one is due with each batch or somebody waits for it.
    func noteWritten() {
        if progress.policy == .always || isWanted { wake.signal() }
    }

    /// Asks for a sync that covers `position`, whatever the policy. Never waits for one.
    func request(through position: Position) {
        wanted.max(position.packed, ordering: .releasing)
        wake.signal()
    }

    // MARK: The thread

    func run() {
        while !isStopping.load(ordering: .acquiring) {
            wait(milliseconds: pause)
            turn()
        }
    }

    func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.signal()
    }

    /// Waits until there is reason to look, at most so long; false when there was none.
    @discardableResult
    func wait(milliseconds: Int64) -> Bool { wake.wait(milliseconds: milliseconds) }

    /// Until it is worth looking again without a reason, in milliseconds.
    var pause: Int64 {
        guard progress.policy == .everysec, progress.state != .failed else { return 1000 }
        let oldest = progress.oldestUnsynced
        guard oldest != 0 else { return Self.delay / 4 }
        return max(1, oldest + Self.delay - parts.time.monotonicMilliseconds)
    }

    /// One sync, if one is due.
    func turn() {
        guard let sync = beginIfDue() else { return }
        do throws(SystemError) {
            try bring(sync)
            try finish(sync)
        } catch {
            parts.failed(error)
        }
    }

    // MARK: One sync

    /// Begins a sync if one is due and the log has not failed.
    func beginIfDue() -> Sync? { progress.state != .failed && isDue ? begin() : nil }

    /// Fixes what the sync covers: what is written now.
    private func begin() -> Sync {
        progress.beginSync()
        return Sync(place: parts.place.current, start: parts.time.monotonicNanoseconds)
    }

    /// Waits for the disk to hold what the sync covers; after an error it is never asked again.
    func bring(_ sync: Sync) throws(SystemError) { try parts.syncs.sync(sync.place.file) }

    /// Writes the mark that says so before a reply does, and lets the replies go.
    func finish(_ sync: Sync) throws(SystemError) {
        try note(sync.place.position, isComplete: progress.policy == .always)
        let now = parts.time.monotonicNanoseconds
        progress.endSync(at: now / 1_000_000)
        parts.counters.noteSync(nanoseconds: now - sync.start)
        parts.listener.logMoved()
    }

    /// Writes down that the disk holds the log up to `position`.
    func note(_ position: Position, isComplete: Bool) throws(SystemError) {
        try mark.withLock { (mark) throws(SystemError) in
            try mark.write(DurableMark(position: position, isComplete: isComplete))
        }
        progress.noteSynced(position)
    }

    /// Whether somebody waits for a sync; what it waits for may not be written yet.
    private var isWanted: Bool { Position(packed: wanted.load(ordering: .acquiring)) > progress.synced }

    private var isDue: Bool {
        let hasMore = progress.written > progress.synced
        if isWanted { return hasMore }
        switch progress.policy {
        case .always: return hasMore
        case .everysec:
            let oldest = progress.oldestUnsynced
            return oldest != 0 && parts.time.monotonicMilliseconds - oldest >= Self.delay
        case .no: return false
        }
    }
}
