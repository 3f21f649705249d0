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
        let disk = MemoryDisk()
        let logged = LoggedEngine()
        let manifest: ManifestStore
        let clock = Atomic<Int64>(1_800_000_000_000)
        let notes = Mutex<[String]>([])

        init() { manifest = ManifestStore(logged.log.manifest, on: disk) }

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
                    rehearsalState: { DigestState(hashSecret: LoggedEngine.secret) },
                    now: { [self] in Instant(milliseconds: clock.load(ordering: .relaxed)) },
                    note: { [self] note in notes.withLock { $0.append(note) } }),
                options: options)
        }

        func pass(_ milliseconds: Int64) { clock.add(milliseconds, ordering: .relaxed) }

        /// Waits until the manifest is as wanted; a test that never sees it fails by its own check.
        func wait(_ condition: (Manifest) -> Bool) {
            for _ in 0..<2000 where !condition(manifest.current) { Thread.sleep(milliseconds: 5) }
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
        for _ in 0..<2000 where service.shared.withLock({ $0.failures[id] == nil }) { Thread.sleep(milliseconds: 5) }
        #expect(service.shared.withLock { $0.failures[id] } != nil)
        #expect(site.notes.withLock { $0.count } == 1)
        service.stop()
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
        for _ in 0..<2000 where service.shared.withLock({ $0.failures[id] == nil }) { Thread.sleep(milliseconds: 5) }
        service.stop()
        #expect(service.shared.withLock { $0.failures[id] }?.contains("\(name), byte ") == true)
    }

    @Test func `old ones go, with the log that only they needed`() throws {
        let site = Site()
        let service = site.service {
            $0.keep = 2
            $0.window = 1000
        }
        try service.start()
        for round in 1...5 {
            site.write(100, seed: UInt64(round))
            _ = service.request()
            site.wait { $0.snapshots.last?.isRehearsed == true && $0.snapshots.last?.position == lastPosition(site) }
        }
        service.stop()
        // Log times here are small numbers: all lie before the window, so the newest is the base.
        #expect(site.manifest.current.snapshots.count == 2)
        #expect(try site.disk.names().count == 3)
    }

    private func lastPosition(_ site: Site) -> Position { site.logged.engine.lastPosition }
}

@Suite struct `What is kept` {
    private func snapshot(_ id: UInt64, at number: UInt64, time: Int64, rehearsed: Bool = true) -> SnapshotEntry {
        SnapshotEntry(
            id: id, scanStart: Position(epoch: 1, number: number), position: Position(epoch: 1, number: number),
            logTime: Instant(milliseconds: time), madeAt: Instant(milliseconds: time), entries: 1, digest: 1,
            length: 100, checksum: 1, isRehearsed: rehearsed)
    }

    private func segment(_ id: UInt64, _ numbers: ClosedRange<UInt64>) -> SegmentEntry {
        SegmentEntry(
            id: id, first: Position(epoch: 1, number: numbers.lowerBound),
            closing: SegmentClosing(
                last: Position(epoch: 1, number: numbers.upperBound), length: 1000, checksum: 1,
                firstTime: Instant(milliseconds: 0), lastTime: Instant(milliseconds: 0)))
    }

    private func kept(
        _ snapshots: [SnapshotEntry], keep: Int = 2, from start: Int64, readFrom: UInt64? = nil
    ) -> (snapshots: [UInt64], segments: [UInt64]) {
        var manifest = Manifest(
            history: HistoryID(high: 1, low: 1), hashSecret: (1, 1), epoch: 1, start: Position(epoch: 1, number: 1))
        manifest.snapshots = snapshots
        manifest.segments = (0..<10).map { segment(100 + $0, $0 * 10 + 1...$0 * 10 + 10) }
        let retention = Retention(
            keep: keep, windowStart: Instant(milliseconds: start),
            readFrom: readFrom.map { Position(epoch: 1, number: $0) })
        _ = retention.apply(to: &manifest)
        return (manifest.snapshots.map(\.id), manifest.segments.map(\.id))
    }

    @Test func `keeps the newest, and the one from which the window can be restored with its log`() {
        let all = [1, 2, 3, 4, 5].map { snapshot($0, at: $0 * 15, time: Int64($0) * 100) }
        let found = kept(all, from: 250)
        #expect(found.snapshots == [2, 4, 5])
        #expect(found.segments == [103, 104, 105, 106, 107, 108, 109])
    }

    @Test func `keeps all log while it goes back to the beginning and no snapshot is older than the window`() {
        let found = kept([1, 2, 3].map { snapshot($0, at: $0 * 15, time: 900) }, from: 250)
        #expect(found.snapshots == [2, 3])
        #expect(found.segments.count == 10)
    }

    @Test func `does not count on a snapshot that was not rehearsed`() {
        let found = kept(
            [
                snapshot(1, at: 15, time: 100), snapshot(2, at: 30, time: 200, rehearsed: false),
                snapshot(3, at: 45, time: 900),
            ],
            keep: 1, from: 250)
        #expect(found.snapshots == [1, 3])
        #expect(found.segments.first == 101)
    }

    @Test func `leaves the log that somebody reads`() {
        let found = kept([snapshot(1, at: 95, time: 100)], from: 250, readFrom: 25)
        #expect(found.segments.first == 102)
    }
}
