import Bytes
import CacheEngine
import CacheModel
import Posix
import Synchronization
import Testing

@testable import Durability

@Suite struct `Snapshots beside a server` {
    /// A service over a directory in memory with a clock of its own.
    private final class Site: Sendable {
        let disk: MemoryDisk
        let logged = LoggedEngine()
        let manifest: ManifestStore
        let clock = Atomic<Int64>(1_800_000_000_000)
        let notes = Mutex<[String]>([])
        /// Whether a rehearsal waits before it reads.
        let holdsRehearsals = Atomic(false)

        init(_ disk: MemoryDisk = MemoryDisk()) {
            self.disk = disk
            manifest = ManifestStore(logged.log.manifest, on: disk)
        }

        func write(_ steps: Int, seed: UInt64 = 1) {
            var random = SplitMix64(seed: seed)
            logged.write(&random, steps: steps)
        }

        func service(_ change: (inout SnapshotOptions) -> Void = { _ in }) -> SnapshotService {
            var options = SnapshotOptions()
            options.atStop = false
            change(&options)
            return SnapshotService(
                SnapshotService.Parts(
                    state: logged.engine, log: logged.log, manifest: manifest,
                    rehearsalState: { [self] in
                        while holdsRehearsals.load(ordering: .relaxed) { Thread.sleep(milliseconds: 1) }
                        return DigestState(hashSecret: LoggedEngine.secret)
                    },
                    now: { [self] in Instant(milliseconds: clock.load(ordering: .relaxed)) },
                    note: { [self] note in notes.withLock { $0.append(note) } }),
                options: options)
        }

        func pass(_ milliseconds: Int64) { clock.add(milliseconds, ordering: .relaxed) }

        /// Waits until the manifest is as wanted; a test that never sees it fails by its own check.
        func wait(_ condition: (Manifest) -> Bool) {
            for _ in 0..<12_000 where !condition(manifest.current) { Thread.sleep(milliseconds: 5) }
        }

        /// Waits until a snapshot is in a state; what is known of it then.
        func wait(_ service: SnapshotService, _ id: UInt64, _ state: SnapshotStatus.State) -> SnapshotStatus? {
            for _ in 0..<12_000 where service.status(of: id)?.state != state { Thread.sleep(milliseconds: 5) }
            return service.status(of: id)
        }
    }

    @Test func `one that was asked for is written, rehearsed and can be loaded`() throws {
        let site = Site()
        site.write(500)
        let service = site.service()
        try service.start()
        let id = service.request()
        site.wait { $0.snapshots.first?.isRehearsed == true }
        service.stop()
        let entry = try #require(site.manifest.current.snapshots.first)
        #expect(entry.id == id && entry.isRehearsed)
        let made = LoggedEngine.engine()
        _ = try SnapshotLoader(disk: site.disk, threads: 1).load(entry.name, into: made, expected: entry)
        #expect(made.contents == site.logged.engine.contents)
        #expect(try ManifestStore.read(from: site.disk) == site.manifest.current)
        #expect(try site.disk.names().sorted() == ["MANIFEST", entry.name])
    }

    @Test func `one is due when its time has come and something has changed`() throws {
        let site = Site()
        var options = SnapshotOptions()
        options.every = 1000
        options.growth = 5000
        var schedule = SnapshotSchedule(options, manifest: site.manifest.current)
        let position = Position(epoch: 1, number: 5)
        func isDue(_ at: Int64, _ position: Position, _ bytes: UInt64) -> Bool {
            schedule.isDue(at: Instant(milliseconds: at), position: position, bytes: bytes)
        }
        #expect(!isDue(100_000, .none, 9000))
        #expect(!isDue(100_000, position, 10))
        #expect(isDue(100_000, position, 5000))
        #expect(!isDue(100_999, position, 10))
        #expect(isDue(101_000, position, 10))
        schedule.began(at: Instant(milliseconds: 101_000), bytes: 10)
        // Failed: not again within the minute.
        #expect(!isDue(150_000, position, 9000))
        #expect(isDue(161_000, position, 10))
        schedule.began(at: Instant(milliseconds: 161_000), bytes: 10)
        schedule.made(position)
        #expect(!isDue(200_000, position, 9000))
        #expect(isDue(200_000, Position(epoch: 1, number: 6), 10))
        // A clock that was set back does not stop snapshots for as long as it was set back.
        #expect(!isDue(50_000, Position(epoch: 1, number: 6), 10))
        #expect(isDue(51_000, Position(epoch: 1, number: 6), 10))
    }

    @Test func `without room none is made, nothing half is left, and the one before stays`() throws {
        let site = Site()
        site.write(200)
        let service = site.service()
        try service.start()
        _ = service.request()
        site.wait { $0.snapshots.first?.isRehearsed == true }
        let before = site.manifest.current
        site.write(200, seed: 2)
        site.disk.room.store(100, ordering: .relaxed)
        let id = service.request()
        // The operator is told last.
        for _ in 0..<12_000 where site.notes.withLock({ $0.isEmpty }) { Thread.sleep(milliseconds: 5) }
        service.stop()
        #expect(service.shared.withLock { $0.failures[id] } != nil)
        let notes = site.notes.withLock { $0 }
        let note = try #require(notes.first)
        #expect(notes.count == 1 && note.hasPrefix("snapshot \(id) was not made: "), "\(notes)")
        #expect(note.hasSuffix(". Make room on the disk, or raise the quota"), "\(notes)")
        #expect(site.manifest.current.snapshots == before.snapshots)
        #expect(try site.disk.names().sorted() == ["MANIFEST", before.snapshots[0].name])
    }

    @Test func `the last is made when the server stops, and none when nothing changed`() throws {
        let site = Site()
        site.write(200)
        for _ in 0..<2 {
            let service = site.service { $0.atStop = true }
            try service.start()
            service.stop()
            #expect(site.manifest.current.snapshots.count == 1)
        }
    }

    @Test func `one that was damaged on disk fails its verification and says where`() throws {
        let site = Site()
        site.write(500)
        let service = site.service()
        try service.start()
        let id = service.request()
        site.wait { $0.snapshots.first?.isRehearsed == true }
        let name = FileNames.snapshot(id)
        site.disk[name][site.disk[name].count / 2] ^= 4
        #expect(service.verify(id))
        #expect(!service.verify(id + 1))
        for _ in 0..<12_000 where service.shared.withLock({ $0.failures[id] == nil }) { Thread.sleep(milliseconds: 5) }
        service.stop()
        #expect(service.shared.withLock { $0.failures[id] }?.contains("\(name), byte ") == true)
        let note = try #require(site.notes.withLock { $0.last })
        #expect(note.hasPrefix("snapshot \(id) did not pass its rehearsal: \(name), byte "), "\(note)")
        #expect(note.hasSuffix(". Make a new snapshot, or restore from an older one: this one is not used"), "\(note)")
        // No older file may go because of it, and the next start tries it again.
        #expect(site.manifest.current.snapshots.map(\.isRehearsed) == [false])
    }

    @Test func `one is given out only when its rehearsal has ended, and meanwhile the next can be asked for`() throws {
        let site = Site()
        site.write(200)
        let service = site.service()
        try service.start()
        site.holdsRehearsals.store(true, ordering: .relaxed)
        let id = service.request()
        let held = site.wait(service, id, .rehearsing)
        #expect(held?.state == .rehearsing && held?.entry != nil && held?.failure == nil)
        #expect(try service.open(id) == nil)
        #expect(service.all.map(\.id) == [id])
        let next = service.request()
        #expect(next != id && service.status(of: next)?.state == .waiting)
        site.holdsRehearsals.store(false, ordering: .relaxed)
        for made in [id, next] {
            #expect(site.wait(service, made, .complete)?.failure == nil)
            #expect(try service.open(made) != nil)
        }
        service.stop()
    }

    @Test func `one that does not pass its rehearsal is given out only after a later one went well`() throws {
        let site = Site(MemoryDisk(spoilsSyncs: true))
        site.write(500)
        let service = site.service()
        try service.start()
        let id = service.request()
        let failed = try #require(site.wait(service, id, .failed))
        let name = FileNames.snapshot(id)
        #expect(failed.failure?.contains("\(name), byte ") == true && failed.entry != nil)
        #expect(try service.open(id) == nil)
        // What the spoilt sync flipped, flipped back.
        site.disk[name][site.disk[name].count / 2] ^= 1
        site.holdsRehearsals.store(true, ordering: .relaxed)
        #expect(service.verify(id))
        let again = try #require(site.wait(service, id, .rehearsing))
        #expect(again.isVerifying && again.failure == nil)
        site.holdsRehearsals.store(false, ordering: .relaxed)
        #expect(site.wait(service, id, .complete)?.failure == nil)
        #expect(try service.open(id)?.length == failed.entry?.length)
        #expect(site.manifest.current.snapshots.map(\.isRehearsed) == [true])
        service.stop()
    }

    @Test func `one that is verified again is given out meanwhile`() throws {
        let site = Site()
        site.write(200)
        let service = site.service()
        try service.start()
        let id = service.request()
        #expect(site.wait(service, id, .complete) != nil)
        site.holdsRehearsals.store(true, ordering: .relaxed)
        #expect(service.verify(id))
        #expect(service.status(of: id)?.isVerifying == true && service.status(of: id)?.state == .complete)
        #expect(try service.open(id) != nil)
        site.holdsRehearsals.store(false, ordering: .relaxed)
        service.stop()
    }

    @Test func `when the newest is not sound another is made at the stop, although nothing changed`() throws {
        let site = Site()
        site.write(200)
        let service = site.service { $0.atStop = true }
        try service.start()
        let id = service.request()
        #expect(site.wait(service, id, .complete) != nil)
        let name = FileNames.snapshot(id)
        site.disk[name][site.disk[name].count / 2] ^= 4
        #expect(service.verify(id))
        #expect(site.wait(service, id, .failed) != nil)
        service.stop()
        #expect(site.manifest.current.snapshots.map(\.isRehearsed) == [false, true])
    }

    @Test func `old ones go, with the log that only they needed`() throws {
        let site = Site()
        let service = site.service {
            $0.retention.snapshots = 2
            $0.retention.window = 1
        }
        try makeSnapshots(5, service, site)
        // A record is a millisecond of the log here, so a window of one holds nothing but the newest.
        #expect(site.manifest.current.snapshots.count == 2)
        #expect(try site.disk.names().count == 3)
    }

    /// The log's time never goes back; a wall clock that was a year ahead for a moment does.
    @Test func `old ones go although the clock was set back behind the log`() throws {
        let site = Site()
        site.clock.store(-365 * 24 * 3_600_000, ordering: .relaxed)
        let service = site.service {
            $0.retention.snapshots = 1
            $0.retention.window = 1
        }
        try makeSnapshots(4, service, site)
        // The newest, and the one that lies before the window.
        #expect(site.manifest.current.snapshots.count == 2)
    }

    /// Starts the service, has it make so many, each of a state that changed, and stops it.
    private func makeSnapshots(_ count: UInt64, _ service: SnapshotService, _ site: Site) throws {
        try service.start()
        for round in 1...count {
            site.write(100, seed: round)
            _ = service.request()
            site.wait { $0.snapshots.last?.isRehearsed == true && $0.snapshots.last?.position == lastPosition(site) }
        }
        service.stop()
    }

    private func lastPosition(_ site: Site) -> Position { site.logged.engine.lastPosition }
}
