import CacheModel
import Durability
import Posix

/// Loads what a data directory holds, and begins to write to it.
enum DataDirectory {
    /// What the server goes on with.
    struct Opened {
        let engine: any Engine
        let keeper: Keeper
        /// What a person should read.
        let lines: [String]
    }

    /// - Parameter makeEngine: gives an empty engine of this identity that tells the log of its changes.
    /// - Throws: an error that says what is wrong with which file, and what can be done.
    static func open(
        _ settings: KeepingSettings, waker: LoopWaker,
        makeEngine: @escaping @Sendable (Recovery.Identity, DurableLog) -> any Engine & DurableState
    ) throws -> Opened {
        let disk = try PosixDisk(path: settings.directory, creating: true)
        let log = DurableLog(policy: settings.fsync, segmentBytes: settings.segmentSize)
        var options = Recovery.Options()
        options.strictTail = settings.strictTail
        options.showsOnlySynced = settings.fsync == .always
        options.segmentRoom = try segmentRoom(settings, disk)
        let recovery = Recovery(
            disk: disk, options: options, now: Instant(milliseconds: Clock.wallMilliseconds()),
            makeState: { makeEngine($0, log) })
        let recovered = try recovery.run()
        guard let engine = recovered.state as? any Engine else { preconditionFailure("the state is no engine") }
        let (store, digest, lines) = (recovered.store, recovered.digest, recovered.report.lines)
        let progress = try log.start(recovered.takeLog(), in: store, digest: digest, listener: waker)
        return Opened(engine: engine, keeper: Keeper(log, progress, flags: waker.flags), lines: lines)
    }

    /// Small disks get small segments.
    private static func segmentRoom(_ settings: KeepingSettings, _ disk: PosixDisk) throws -> Int {
        let space = try disk.space()
        return max(0, min(settings.segmentSize, space.free - DiskReserve.bytes(of: space.total)))
    }
}
