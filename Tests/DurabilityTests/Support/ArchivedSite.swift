import CacheModel
import Posix
import Synchronization

@testable import Durability

/// A directory in memory and an archive of it.
struct ArchivedSite: ~Copyable {
    var site: DiskSite
    let root: SimulatedRoot
    let service: ArchiveService

    init(seed: UInt64, root: SimulatedRoot = SimulatedRoot()) throws {
        site = try DiskSite(MemoryDisk(), seed: seed)
        self.root = root
        service = Self.service(of: site.store, in: root)
    }

    /// Lives for a while, with a snapshot on the way, and archives it.
    mutating func live() throws {
        try site.write(batches: 30)
        try site.snapshot()
        try site.write(batches: 60)
        service.turn()
    }

    /// A service without its thread.
    /// - Parameter volumeAge: milliseconds of the log behind which another volume begins.
    static func service(
        of store: ManifestStore, in root: any ArchiveRoot, volumeAge: Int64 = 1 << 40, notes: Notes = Notes()
    ) -> ArchiveService {
        var plan = ArchivePlan()
        plan.volumeAge = volumeAge
        let parts = ArchiveService.Parts(
            manifest: store, log: QuietLog(), root: root, monotonic: { 0 }, note: { notes.add($0) })
        return ArchiveService(parts, every: 0, plan: plan)
    }

    /// Lets go of all files that are archived and not needed for the last second.
    static func letGo(_ store: ManifestStore, archivedBy service: ArchiveService) throws {
        var retention = Retention()
        retention.snapshots = 1
        retention.window = 1000
        try store.drop { manifest in
            guard let newest = manifest.snapshots.last else { return Retention.Plan() }
            return retention.plan(manifest, now: newest.logTime, isArchived: service.isArchived)
        }
    }
}

/// What the operator was told.
final class Notes: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }
    func add(_ line: String) { lines.withLock { $0.append(line) } }
}

/// A log nobody closes segments of.
final class QuietLog: SegmentLog {
    var writtenPosition: Position { .none }
    func closeSegment() {}
}

/// The directory of an archive whose volumes are simulated disks.
final class SimulatedRoot: ArchiveRoot {
    let path = "/archive"
    private let volumes = Mutex<[String: SimulatedDisk]>([:])
    /// What happens to a disk when it is made.
    private let prepare: @Sendable (SimulatedDisk) -> Void

    init(prepare: @escaping @Sendable (SimulatedDisk) -> Void = { _ in }) { self.prepare = prepare }

    var disks: [SimulatedDisk] { volumes.withLock { all in all.keys.sorted().map { all[$0]! } } }

    func put(_ disk: SimulatedDisk, named name: String) { volumes.withLock { $0[name] = disk } }

    /// Somebody makes room: the files go, and the directories.
    func removeAll() {
        for disk in disks {
            for name in (try? disk.names()) ?? [] { try? disk.remove(name) }
        }
        volumes.withLock { $0 = [:] }
    }

    func names() throws(SystemError) -> [String] { volumes.withLock { $0.keys.sorted() } }

    func open(_ name: String, creating: Bool) throws(SystemError) -> any Disk {
        let disk = volumes.withLock { volumes -> SimulatedDisk? in
            if let disk = volumes[name] { return disk }
            guard creating else { return nil }
            let disk = SimulatedDisk()
            prepare(disk)
            volumes[name] = disk
            return disk
        }
        guard let disk else { throw .missing("open \(path)/\(name)") }
        return disk
    }

    func sync() throws(SystemError) {}
}
