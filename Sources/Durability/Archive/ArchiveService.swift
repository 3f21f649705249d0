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
    private let finished = Semaphore()
    private let threads = ThreadGroup()

    /// What the thread alone uses.
    private struct Work {
        var volume: ArchiveVolume?
        var age: SegmentAge
        var failure: ArchiveFailure?
        /// What the operator was told of volumes.
        var said: Set<String> = []
        /// Ids of files that cannot be copied.
        var damaged: Set<UInt64> = []
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
    /// - Parameter patience: how long to wait for one more file, in milliseconds.
    /// - Returns: whether it ended. If not, its directory does not answer, and neither will its thread.
    package func stop(patience: Int64 = 60_000) -> Bool {
        isStopping.store(true, ordering: .releasing)
        wake.signal()
        var known = figures
        while !finished.wait(milliseconds: patience) {
            if figures == known { return false }
            known = figures
        }
        threads.join()
        return true
    }

    /// Whether a file of the data directory may go as far as the archive is concerned.
    package func isArchived(_ id: UInt64) -> Bool { shared.withLock { $0.settled.contains(id) } }

    package var figures: ArchiveFigures { shared.withLock { $0.figures } }

    // MARK: The thread

    private func run() {
        while true {
            let isLast = isStopping.load(ordering: .acquiring)
            let hasFailed = turn(isLast: isLast)
            if isLast { break }
            wake.wait(milliseconds: hasFailed ? Self.pauseAfterFailure : Self.pause)
        }
        finished.signal()
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
        let data = parts.manifest.current.without(work.damaged)
        if work.volume == nil, plan.next(data, in: nil) != nil { try find(for: data, &work) }
        look(work)
        guard let next = next(data, work, isLast: isLast) else { return false }
        do throws(ArchiveFailure) {
            try copy(next, of: data, &work)
        } catch {
            guard case .damaged(let file) = error else { throw error }
            // Said once for each file; what lies behind it is archived all the same.
            work.damaged.insert(file.id)
            failed(error, &work)
            return true
        }
        look(work)
        work.moved()
        return true
    }

    private func find(for data: Manifest, _ work: inout Work) throws(ArchiveFailure) {
        var said: [String] = []
        do throws(SystemError) {
            work.volume = try ArchiveVolume.find(for: data, in: parts.root, plan) { said.append($0) }
        } catch {
            throw .system(error)
        }
        for line in said where work.said.insert(line).inserted { parts.note(line) }
    }

    /// At the end what is nowhere else comes first: segments, in the volume there is.
    private func next(_ data: Manifest, _ work: Work, isLast: Bool) -> ArchivePlan.Step? {
        guard isLast, let volume = work.volume else { return plan.next(data, in: work.volume?.manifest) }
        let next = plan.nextFile(data, in: volume.manifest)
        if case .add(.snapshot) = next { return nil }
        return next
    }

    private func copy(_ step: ArchivePlan.Step, of data: Manifest, _ work: inout Work) throws(ArchiveFailure) {
        switch step {
        case .begin(let file):
            // Nothing may go meanwhile that the new volume needs.
            let kept = plan.settled(data, in: data.volume(beginningWith: file))
            shared.withLock { $0.settled.formIntersection(kept) }
            // What went just before is planned anew.
            guard parts.manifest.current.leads(on: file) else { return }
            work.volume = try ArchiveVolume.begin(
                with: file, of: data, from: parts.manifest.disk, in: parts.root, isStopped: isStopped(file))
            copied(file)
        case .add(let file):
            try work.volume?.add(file, of: data, from: parts.manifest.disk, isStopped: isStopped(file))
            copied(file)
        }
    }

    /// A segment is short and holds what nothing else may hold; a snapshot can be long, and can wait.
    private func isStopped(_ file: ArchivedFile) -> () -> Bool {
        guard case .snapshot = file else { return { false } }
        return { [self] in isStopping.load(ordering: .relaxed) }
    }

    // MARK: What is known of it

    private func look(_ work: Work) {
        let whole = parts.manifest.current
        let data = whole.without(work.damaged)
        let volume = work.volume?.manifest
        let waiting = plan.waiting(data, in: volume)
        // Damaged snapshots can never be copied; damaged segments may go when the archive is past them.
        let lost = whole.snapshots.map(\.id).filter(work.damaged.contains)
        let settled = volume.map { plan.settled(whole, in: $0).union(lost) } ?? []
        shared.withLock { shared in
            shared.settled = settled
            shared.figures.position = volume?.archivedEnd ?? 0
            shared.figures.waitingFiles = waiting.files
            shared.figures.waitingBytes = waiting.bytes
        }
    }

    private func copied(_ file: ArchivedFile) {
        shared.withLock { $0.figures.bytes += UInt64(file.length) }
    }

    private func succeeded(_ work: inout Work) {
        guard let failure = work.failure else { return }
        work.failure = nil
        if case .damaged = failure { return }
        parts.note("the archive in \(parts.root.path) goes on")
    }

    private func failed(_ failure: ArchiveFailure, _ work: inout Work) {
        if failure == .stopped { return }
        // It is no longer known what the volume's disk holds: it is looked for anew.
        if case .changed = failure { work.volume = nil }
        if work.volume?.hasFailed == true { work.volume = nil }
        shared.withLock { $0.figures.failures += 1 }
        // Once, not every few seconds.
        guard work.failure != failure else { return }
        work.failure = failure
        let again = if case .damaged = failure { "" } else { ", tried again until it is" }
        parts.note("not archived in \(parts.root.path)\(again): \(failure)")
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
