import CacheModel
import Posix
import Synchronization

/// Makes snapshots beside the running server: when they are due, when somebody asks, and when the server stops. One
/// thread, one snapshot at a time; it alone adds snapshots to the manifest and takes old files out.
///
/// It captures at the priority of everybody else, since it holds the shards' locks meanwhile: at a low one a busy
/// machine would let it hold them for tens of milliseconds. What takes long and no locks has low priority: packing,
/// which therefore also sets the pace of the capture, and the rehearsal.
///
/// A snapshot counts in this order: written under another name, synced, the log synced up to its position, renamed,
/// the directory synced, entered in the manifest, rehearsed, marked as rehearsed. What breaks off before is removed; a
/// file left by a crash is removed at the next start. Only one whose last rehearsal went well is given out; the mark of
/// one that fails a later rehearsal is taken back, so that no file goes because of it and the next start tries again.
package final class SnapshotService: Sendable {
    /// What the service is made of.
    package struct Parts: Sendable {
        package var state: any DurableState
        package var log: any SnapshotLog
        package var manifest: ManifestStore
        /// An empty state to rehearse in, under the history's hash secret.
        package var rehearsalState: @Sendable () -> any RehearsalState
        /// The wall clock, in milliseconds since 1970.
        package var now: @Sendable () -> Instant
        /// Tells the operator.
        package var note: @Sendable (String) -> Void
        /// Whether a file has been copied to where it must be before it may go.
        package var isArchived: @Sendable (UInt64) -> Bool

        package init(
            state: any DurableState, log: any SnapshotLog, manifest: ManifestStore,
            rehearsalState: @escaping @Sendable () -> any RehearsalState, now: @escaping @Sendable () -> Instant,
            note: @escaping @Sendable (String) -> Void, isArchived: @escaping @Sendable (UInt64) -> Bool = { _ in true }
        ) {
            self.state = state
            self.log = log
            self.manifest = manifest
            self.rehearsalState = rehearsalState
            self.now = now
            self.note = note
            self.isArchived = isArchived
        }
    }

    struct Shared {
        /// What the manifest names; only this service changes it.
        var entries: [SnapshotEntry] = []
        /// The id the next snapshot will have.
        var next: UInt64 = 0
        var isWanted = false
        var isRunning = false
        var toVerify: [UInt64] = []
        var verifying: UInt64?
        /// Why a snapshot was not made, or did not pass its last rehearsal.
        var failures: [UInt64: String] = [:]
        /// When each last passed its rehearsal since the start.
        var verified: [UInt64: Instant] = [:]
        var mayLetGo = false
        var isStopping = false

        /// Whether its last rehearsal, in this run or before, went well.
        func isSound(_ entry: SnapshotEntry) -> Bool {
            failures[entry.id] == nil && (entry.isRehearsed || verified[entry.id] != nil)
        }

        /// Forgets what is known of snapshots that are no more, or never were.
        mutating func forgetFailures() {
            let ids = Set(entries.map(\.id))
            failures = failures.filter { ids.contains($0.key) }
            verified = verified.filter { ids.contains($0.key) }
        }
    }

    let parts: Parts
    let options: SnapshotOptions
    let shared = Mutex(Shared())
    private let work = Semaphore()
    private let progressNow = Mutex(SnapshotProgress())
    private let threads = ThreadGroup()
    private let schedule: Mutex<SnapshotSchedule>

    package init(_ parts: Parts, options: SnapshotOptions) {
        self.parts = parts
        self.options = options
        schedule = Mutex(SnapshotSchedule(options, manifest: parts.manifest.current))
        shared.withLock { $0.entries = parts.manifest.current.snapshots }
    }

    /// Starts the thread.
    package func start() throws(SnapshotFailure) {
        removeUnfinished()
        reserve()
        do throws(SystemError) {
            try threads.start(name: "nh-snapshot") { [self] in run() }
        } catch {
            throw .resources("no thread for snapshots: \(error)")
        }
    }

    /// Breaks off what runs, makes the last snapshot if that is wanted, and ends.
    package func stop() {
        progressNow.withLock { $0.stop() }
        shared.withLock { $0.isStopping = true }
        work.signal()
        threads.join()
        // By number: a start alone raises the epoch.
        let last = shared.withLock { now in now.entries.last { now.failures[$0.id] == nil }?.position } ?? .none
        if options.atStop, parts.state.lastPosition.number > last.number { make() }
    }

    // MARK: For the one who asks

    /// Asks for a snapshot; returns the id it will have. One that is running already is the answer too.
    package func request() -> UInt64 {
        let id = shared.withLock { shared in
            if !shared.isRunning { shared.isWanted = true }
            return shared.next
        }
        work.signal()
        return id
    }

    /// Asks that a snapshot be rehearsed again, also when that is being done already: it may have been damaged since
    /// that began. False when there is none of that id.
    package func verify(_ id: UInt64) -> Bool {
        let isKnown = shared.withLock { shared in
            guard shared.entries.contains(where: { $0.id == id }) else { return false }
            if !shared.toVerify.contains(id) { shared.toVerify.append(id) }
            return true
        }
        if isKnown { work.signal() }
        return isKnown
    }

    /// Files may go that could not before: they have been archived.
    package func letGo() {
        shared.withLock { $0.mayLetGo = true }
        work.signal()
    }

    /// The file of a snapshot and how long it is; nil when there is no sound one of that id.
    package func open(_ id: UInt64) throws(SystemError) -> (file: any DiskFile, length: Int)? {
        let found = shared.withLock { shared in shared.entries.first { $0.id == id && shared.isSound($0) } }
        guard let entry = found else { return nil }
        return (try parts.manifest.disk.openForReading(entry.name), entry.length)
    }

    /// How far the one is that is being made, or was made last.
    package var progress: SnapshotProgress { progressNow.withLock { $0 } }

    // MARK: The thread

    private func run() {
        Thread.yieldSoon()
        rehearseWhatWasNot()
        while true {
            _ = work.wait(milliseconds: 1000)
            let (isStopping, isWanted, toVerify, mayLetGo) = shared.withLock { shared in
                let work = (shared.isStopping, shared.isWanted, shared.toVerify, shared.mayLetGo)
                shared.toVerify = []
                shared.mayLetGo = false
                return work
            }
            if isStopping { return }
            // What cannot go now is tried again behind the next snapshot.
            if mayLetGo { retire() }
            for id in toVerify { rehearse(id) }
            if isWanted || isDue() { make() }
        }
    }

    private func isDue() -> Bool {
        schedule.withLock {
            $0.isDue(at: parts.now(), position: parts.state.lastPosition, bytes: parts.log.bytesWritten)
        }
    }

    private func reserve() {
        let id = parts.manifest.takeFile()
        shared.withLock { shared in
            shared.next = id
            shared.isRunning = false
        }
    }

    /// Makes one, whole; a failure is told and kept for who asks.
    private func make() {
        let id = shared.withLock { shared in
            shared.isWanted = false
            shared.isRunning = true
            return shared.next
        }
        let progress = SnapshotProgress()
        progressNow.withLock { $0 = progress }
        if shared.withLock({ $0.isStopping && !options.atStop }) { progress.stop() }
        schedule.withLock { $0.began(at: parts.now(), bytes: parts.log.bytesWritten) }
        do throws(SnapshotFailure) {
            let entry = try write(id, progress)
            schedule.withLock { $0.made(entry.position) }
            // Who asks from now on gets the next one.
            reserve()
            rehearse(id)
            progress.phase = .done
        } catch {
            progress.phase = .failed
            removeUnfinished()
            shared.withLock { shared in
                shared.isRunning = false
                shared.forgetFailures()
                shared.failures[id] = error.description
            }
            parts.note("snapshot \(id) was not made: \(error)")
        }
    }

    private func write(_ id: UInt64, _ progress: SnapshotProgress) throws(SnapshotFailure) -> SnapshotEntry {
        let name = FileNames.snapshot(id)
        let file: any DiskFile
        do throws(SystemError) {
            file = try parts.manifest.disk.create(FileNames.temporary(name))
        } catch {
            throw .disk(error)
        }
        let writer = SnapshotWriter(
            file: file, state: parts.state, log: parts.log, of: parts.manifest.current, progress: progress,
            leavingReserveOf: parts.manifest.disk)
        let summary = try writer.write(wallTime: parts.now(), threads: options.threads, level: options.level)
        try parts.log.sync(through: summary.foot.position)
        do throws(SystemError) {
            try parts.manifest.disk.rename(FileNames.temporary(name), to: name)
            try parts.manifest.disk.syncDirectory()
        } catch {
            throw .disk(error)
        }
        let entry = summary.entry(id: id, madeAt: parts.now(), isRehearsed: false)
        do throws(SnapshotFailure) {
            try changeManifest { $0.snapshots.append(entry) }
        } catch {
            parts.manifest.removeUncounted(name)
            throw error
        }
        return entry
    }

    // MARK: Rehearsal

    /// Snapshots of an earlier run that ended before their rehearsal.
    private func rehearseWhatWasNot() {
        for entry in shared.withLock({ $0.entries }) where !entry.isRehearsed { rehearse(entry.id) }
    }

    /// Loads a snapshot in rehearsal; when it is sound it may be restored from, and older files may go.
    private func rehearse(_ id: UInt64) {
        guard let entry = shared.withLock({ $0.entries.first { $0.id == id } }) else { return }
        shared.withLock { $0.verifying = id }
        defer { shared.withLock { $0.verifying = nil } }
        do throws(SnapshotFailure) {
            try load(entry)
        } catch .cancelled {
            return
        } catch {
            shared.withLock { shared in
                shared.failures[id] = error.description
                shared.verified[id] = nil
                // Else it would seem to be tried again.
                shared.verifying = nil
            }
            parts.note("snapshot \(id) did not pass its rehearsal: \(error)")
            mark(entry, isRehearsed: false)
            return
        }
        shared.withLock { shared in
            shared.failures[id] = nil
            shared.verified[id] = parts.now()
        }
        if mark(entry, isRehearsed: true) { retire() }
    }

    /// On a thread of low priority, since none can be raised again.
    private func load(_ entry: SnapshotEntry) throws(SnapshotFailure) {
        let outcome = Mutex<Result<Void, SnapshotFailure>>(.success(()))
        let aside = ThreadGroup()
        do throws(SystemError) {
            try aside.start(name: "nh-rehearse") { [self] in
                Thread.lowerPriority()
                let loader = SnapshotLoader(disk: parts.manifest.disk, threads: 1, progress: progress)
                do throws(SnapshotFailure) {
                    _ = try loader.rehearse(entry.name, in: parts.rehearsalState(), expected: entry)
                } catch {
                    outcome.withLock { $0 = .failure(error) }
                }
            }
        } catch {
            throw .resources("no thread for a rehearsal: \(error)")
        }
        aside.join()
        try outcome.withLock { $0 }.get()
    }

    /// Says in the manifest how the rehearsal went; false where that could not be written.
    @discardableResult
    private func mark(_ entry: SnapshotEntry, isRehearsed: Bool) -> Bool {
        if entry.isRehearsed == isRehearsed { return true }
        do throws(SnapshotFailure) {
            try changeManifest { manifest in
                for index in manifest.snapshots.indices where manifest.snapshots[index].id == entry.id {
                    manifest.snapshots[index].isRehearsed = isRehearsed
                }
            }
        } catch {
            parts.note("how the rehearsal of snapshot \(entry.id) went could not be written down: \(error)")
            return false
        }
        return true
    }

    // MARK: Files

    private func changeManifest(_ change: (inout Manifest) -> Void) throws(SnapshotFailure) {
        do throws(SystemError) { try parts.manifest.update(change) } catch { throw .disk(error) }
        let made = parts.manifest.current.snapshots
        shared.withLock { $0.entries = made }
    }

    /// Lets go of what nobody needs: out of the manifest first, then off the disk.
    private func retire() {
        var gone = Retention.Plan()
        do throws(SystemError) {
            gone = try parts.manifest.drop { manifest in
                guard let newest = manifest.snapshots.last else { return Retention.Plan() }
                return options.retention.plan(manifest, now: newest.logTime, isArchived: parts.isArchived)
            }
        } catch {
            parts.note("old snapshots and the log before them could not be let go: \(error). \(error.advice)")
        }
        shared.withLock { shared in
            shared.entries = parts.manifest.current.snapshots
            if !gone.snapshots.isEmpty { shared.forgetFailures() }
        }
    }

    private func removeUnfinished() {
        let names: [String]
        do throws(SystemError) { names = try parts.manifest.disk.names() } catch { return }
        parts.manifest.removeFiles(
            names.filter { $0.hasPrefix("snapshot-") && $0.hasSuffix(FileNames.temporary("")) })
    }
}
