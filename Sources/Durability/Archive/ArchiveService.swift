import CacheModel
import Posix
import Synchronization

/// What the archive asks of the log.
package protocol SegmentLog: AnyObject, Sendable {
    /// All records up to here have been written.
    var writtenPosition: Position { get }
    /// Asks that the segment be closed as soon as it holds a record, full or not.
    func closeSegment()
}

/// Copies closed segments and rehearsed snapshots to an archive beside the running server: one thread of low priority.
///
/// What has not been copied is not let go by ``Retention``, so an archive that cannot be written to makes the data
/// directory grow, and loses nothing. After a failure it tries again every few seconds.
package final class ArchiveService: Sendable {
    /// What the service is made of.
    package struct Parts: Sendable {
        /// Of the data directory.
        package var manifest: ManifestStore
        package var log: any SegmentLog
        package var root: any ArchiveRoot
        /// A clock that never goes back, in milliseconds.
        package var monotonic: @Sendable () -> Int64
        /// Tells the operator.
        package var note: @Sendable (String) -> Void

        package init(
            manifest: ManifestStore, log: any SegmentLog, root: any ArchiveRoot,
            monotonic: @escaping @Sendable () -> Int64, note: @escaping @Sendable (String) -> Void
        ) {
            self.manifest = manifest
            self.log = log
            self.root = root
            self.monotonic = monotonic
            self.note = note
        }
    }

    /// How often it looks for something to copy, and after a failure, in milliseconds.
    private static let pause: Int64 = 500
    private static let pauseAfterFailure: Int64 = 5000

    private struct Shared {
        var settled: Set<UInt64> = []
        var figures = ArchiveFigures()
    }

    private let parts: Parts
    private let plan: ArchivePlan
    private let shared = Mutex(Shared())
    private let work = Mutex(Work())
    private let wake = Semaphore()
    private let isStopping = Atomic<Bool>(false)
    private let threads = ThreadGroup()

    /// What the thread alone uses.
    private struct Work {
        var volume: ArchiveVolume?
        var age: SegmentAge
        var failure: ArchiveFailure?
        var moved: @Sendable () -> Void = {}

        init() { age = SegmentAge(every: 0) }
    }

    /// - Parameter every: how long a segment that holds records stays open at most, in milliseconds; 0: until it is
    ///   full.
    package convenience init(_ parts: Parts, every: Int64) {
        self.init(parts, every: every, plan: ArchivePlan())
    }

    init(_ parts: Parts, every: Int64, plan: ArchivePlan) {
        self.parts = parts
        self.plan = plan
        work.withLock { $0.age = SegmentAge(every: every) }
    }

    /// Starts the thread.
    /// - Parameter moved: called when files may go that could not before.
    package func start(moved: @escaping @Sendable () -> Void) throws(SystemError) {
        work.withLock { $0.moved = moved }
        try threads.start(name: "nh-archive") { [self] in
            Thread.lowerPriority()
            run()
        }
    }

    /// Copies the segments that are left, once, and ends; a snapshot under way follows at the next start. To be called
    /// when the log is closed.
    package func stop() {
        isStopping.store(true, ordering: .releasing)
        wake.signal()
        threads.join()
    }

    /// Whether a file of the data directory may go as far as the archive is concerned.
    package func isArchived(_ id: UInt64) -> Bool { shared.withLock { $0.settled.contains(id) } }

    package var figures: ArchiveFigures { shared.withLock { $0.figures } }

    // MARK: The thread

    private func run() {
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            let hasFailed = turn(isLast: isLast)
            if isLast { return }
            wake.wait(milliseconds: hasFailed ? Self.pauseAfterFailure : Self.pause)
        }
    }

    /// Copies what there is to copy; whether that failed.
    @discardableResult
    func turn(isLast: Bool = false) -> Bool {
        work.withLock { work in
            if !isLast { closeWhatIsOld(&work) }
            do throws(ArchiveFailure) {
                while try step(&work, isLast: isLast) {}
                succeeded(&work)
                return false
            } catch {
                failed(error, &work)
                return true
            }
        }
    }

    private func closeWhatIsOld(_ work: inout Work) {
        let manifest = parts.manifest.current
        guard let open = manifest.segments.last, open.closing == nil else { return }
        let isDue = work.age.isDue(
            open, written: parts.log.writtenPosition, behind: manifest.segments.count, at: parts.monotonic())
        if isDue { parts.log.closeSegment() }
    }

    /// Copies the next file; false when there is none.
    private func step(_ work: inout Work, isLast: Bool) throws(ArchiveFailure) -> Bool {
        let data = parts.manifest.current
        if work.volume == nil {
            do throws(SystemError) {
                work.volume = try ArchiveVolume.find(for: data, in: parts.root, plan, note: parts.note)
            } catch {
                throw .system(error)
            }
        }
        look(work.volume, data)
        guard let next = plan.next(data, in: work.volume?.manifest) else { return false }
        switch next {
        case .begin(let file):
            work.volume = try ArchiveVolume.begin(
                with: file, of: data, from: parts.manifest.disk, in: parts.root, isStopped: isStopped(file))
            copied(file)
        case .add(.snapshot) where isLast: return false
        case .add(let file):
            try work.volume?.add(file, of: data, from: parts.manifest.disk, isStopped: isStopped(file))
            copied(file)
        }
        look(work.volume, parts.manifest.current)
        work.moved()
        return true
    }

    /// A segment is short and holds what nothing else may hold; a snapshot can be long, and can wait.
    private func isStopped(_ file: ArchivedFile) -> () -> Bool {
        guard case .snapshot = file else { return { false } }
        return { [self] in isStopping.load(ordering: .relaxed) }
    }

    // MARK: What is known of it

    private func look(_ volume: ArchiveVolume?, _ data: Manifest) {
        let waiting = plan.waiting(data, in: volume?.manifest)
        let settled = volume.map { plan.settled(data, in: $0.manifest) } ?? []
        shared.withLock { shared in
            shared.settled = settled
            shared.figures.position = volume?.manifest.archivedEnd ?? 0
            shared.figures.waitingFiles = waiting.files
            shared.figures.waitingBytes = waiting.bytes
        }
    }

    private func copied(_ file: ArchivedFile) {
        shared.withLock { $0.figures.bytes += UInt64(file.length) }
    }

    private func succeeded(_ work: inout Work) {
        guard work.failure != nil else { return }
        work.failure = nil
        parts.note("the archive in \(parts.root.path) goes on")
    }

    private func failed(_ failure: ArchiveFailure, _ work: inout Work) {
        if failure == .stopped { return }
        // It is no longer known what the volume's disk holds: it is read anew.
        if case .system = failure { work.volume = nil }
        shared.withLock { $0.figures.failures += 1 }
        // Once, not every few seconds.
        guard work.failure != failure else { return }
        work.failure = failure
        parts.note("not archived in \(parts.root.path), tried again until it is: \(failure)")
    }
}

/// Says when a segment has been open long enough.
struct SegmentAge {
    /// Segments behind which the time doubles: a manifest with a line for each must stay small.
    private static let equal = 4096

    private let every: Int64
    /// The segment that holds records, and since when that is known.
    private var since: (id: UInt64, at: Int64)?

    init(every: Int64) { self.every = every }

    /// - Parameters:
    ///   - count: segments there are.
    ///   - now: on a clock that never goes back, in milliseconds.
    mutating func isDue(_ open: SegmentEntry, written: Position, behind count: Int, at now: Int64) -> Bool {
        guard every > 0, written.number >= open.first.number else { return false }
        guard let since, since.id == open.id else {
            since = (open.id, now)
            return false
        }
        return now - since.at >= every << min(count / Self.equal, 16)
    }
}
