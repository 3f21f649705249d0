import CacheEngine
import CacheModel
import Durability
import Posix

/// Loads what a data directory holds, and begins to write to it.
enum DataDirectory {
    /// What the server goes on with.
    struct Opened {
        let engine: any Engine
        let keeper: Keeper
        let snapshots: SnapshotService
        /// Where the hub goes on.
        let topics: KeptTopics
        let history: HistoryID
        /// What a person should read.
        let lines: [String]
    }

    /// - Parameters:
    ///   - segmentBytes: where a file of the log ends.
    ///   - logQueueBytes: how much may wait to be written before changes are held.
    ///   - progress: told how far it is.
    ///   - makeEngine: gives an empty engine of this identity that tells the log of its changes.
    /// - Throws: an error that says what is wrong with which file, and what can be done.
    static func open(
        _ settings: KeepingSettings, segmentBytes: Int, logQueueBytes: Int, waker: HoldWaker,
        progress: RecoveryProgress, makeEngine: @escaping @Sendable (Recovery.Identity, DurableLog) -> EmbeddedEngine
    ) throws -> Opened {
        let disk = try PosixDisk.open(settings.directory, creating: true)
        let archiveRoot = try Archive.root(settings)
        let log = DurableLog(policy: settings.fsync, segmentBytes: segmentBytes, mostQueued: logQueueBytes)
        var options = Recovery.Options()
        options.strictTail = settings.strictTail
        options.showsOnlySynced = settings.fsync == .always
        // Small disks get small segments.
        options.segmentRoom = try DiskSpace(of: disk).segment(segmentBytes)
        let recovery = Recovery(
            disk: disk, options: options, progress: progress, now: Instant(milliseconds: Clock.wallMilliseconds()),
            makeState: { makeEngine($0, log) })
        let recovered = try recovery.run()
        guard let engine = recovered.state as? EmbeddedEngine else { preconditionFailure("the state is no engine") }
        let (store, digest, lines) = (recovered.store, recovered.digest, recovered.report.lines)
        let logProgress = try log.start(recovered.takeLog(), in: store, digest: digest, listener: waker)
        let secret = store.current.hashSecret
        let archive = Archive.service(in: archiveRoot, of: store, log: log, settings)
        let snapshots = SnapshotService(
            SnapshotService.Parts(
                state: engine, log: log, manifest: store, rehearsalState: { DigestState(hashSecret: secret) },
                now: { Instant(milliseconds: Clock.wallMilliseconds()) },
                note: { Files.writeLine("nuthatch: \($0)", to: .standardError) },
                isArchived: { archive?.isArchived($0) ?? true }),
            options: snapshotOptions(settings))
        try snapshots.start()
        try archive?.start { snapshots.letGo() }
        let keeper = Keeper(log, logProgress, archive: archive, flags: waker.flags)
        return Opened(
            engine: engine, keeper: keeper, snapshots: snapshots, topics: KeptTopics(engine, keeper),
            history: store.current.history, lines: lines)
    }

    private static func snapshotOptions(_ settings: KeepingSettings) -> SnapshotOptions {
        var options = SnapshotOptions()
        options.every = settings.snapshotEvery.milliseconds
        options.growth = UInt64(settings.snapshotGrowth)
        options.level = settings.snapshotLevel
        options.atStop = settings.snapshotAtStop
        options.retention.snapshots = settings.snapshotKeep
        options.retention.window = settings.restoreWindow.milliseconds
        return options
    }

}
