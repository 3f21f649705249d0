import CacheModel
import Testing

@testable import Durability

@Suite struct `What an archive takes next` {
    private let hour: Int64 = 3600 * 1000
    private let plan = ArchivePlan()

    /// Segments of 100 records, an hour each, the last of them open; a rehearsed snapshot in the middle of some.
    private func data(_ hours: Int, snapshotsIn: [Int] = [], from first: Int = 0) -> Manifest {
        var manifest = Manifest(
            history: HistoryID(high: 1, low: 1), hashSecret: (1, 1), epoch: 1, start: Position(epoch: 1, number: 1))
        manifest.nextFile = 10_000
        for index in first...hours {
            var entry = SegmentEntry(id: UInt64(index + 1), first: Position(epoch: 1, number: UInt64(index * 100 + 1)))
            if index < hours { entry.closing = closing(index) }
            manifest.segments.append(entry)
        }
        manifest.snapshots = snapshotsIn.map { snapshot(in: $0) }
        return manifest
    }

    private func closing(_ index: Int) -> SegmentClosing {
        SegmentClosing(
            last: Position(epoch: 1, number: UInt64(index * 100 + 100)), length: 1000, checksum: UInt32(index),
            firstTime: Instant(milliseconds: Int64(index) * hour),
            lastTime: Instant(milliseconds: Int64(index + 1) * hour - 1))
    }

    private func snapshot(in index: Int, isRehearsed: Bool = true) -> SnapshotEntry {
        let position = Position(epoch: 1, number: UInt64(index * 100 + 50))
        let time = Instant(milliseconds: Int64(index) * hour + hour / 2)
        return SnapshotEntry(
            id: UInt64(index + 5001), scanStart: position, position: position, logTime: time, madeAt: time,
            entries: 1, digest: 1, length: 500, checksum: 1, isRehearsed: isRehearsed)
    }

    /// Does what the plan says until it says nothing: the names by volume.
    private func archive(_ data: Manifest, into volumes: inout [Manifest]) {
        while let step = plan.next(data, in: volumes.last) {
            let file: ArchivedFile
            switch step {
            case .begin(let first):
                file = first
                var manifest = Manifest(
                    history: data.history, hashSecret: data.hashSecret, epoch: 1, start: .none)
                if case .segment = first { manifest.start = data.start }
                volumes.append(manifest)
            case .add(let next): file = next
            }
            switch file {
            case .segment(let entry, _): volumes[volumes.count - 1].segments.append(entry)
            case .snapshot(let entry): volumes[volumes.count - 1].snapshots.append(entry)
            }
        }
    }

    private func archived(_ data: Manifest) -> [Manifest] {
        var volumes: [Manifest] = []
        archive(data, into: &volumes)
        return volumes
    }

    @Test func `is every closed segment from the beginning of the history on`() {
        let volumes = archived(data(3))
        #expect(volumes.map { $0.segments.map(\.id) } == [[1, 2, 3]])
        #expect(volumes[0].hasWholeLog && volumes[0].archivedEnd == 300)
    }

    @Test func `is nothing while no segment is closed`() { #expect(archived(data(0)).isEmpty) }

    @Test func `begins with the oldest sound snapshot where the log no longer begins at the beginning`() {
        var manifest = data(6, from: 2)
        manifest.snapshots = [snapshot(in: 2, isRehearsed: false), snapshot(in: 3), snapshot(in: 4)]
        let volumes = archived(manifest)
        #expect(volumes.map { $0.snapshots.map(\.position.number) } == [[350, 450]])
        // What lies before that snapshot leads nowhere.
        #expect(volumes[0].segments.map(\.id) == [4, 5, 6] && !volumes[0].hasWholeLog)
        manifest.snapshots = [snapshot(in: 2, isRehearsed: false)]
        #expect(archived(manifest).isEmpty)
    }

    @Test func `is a snapshot only when the log up to it is there, and it was rehearsed`() {
        var manifest = data(3, snapshotsIn: [1, 3])
        manifest.snapshots.append(snapshot(in: 2, isRehearsed: false))
        var volumes = archived(manifest)
        #expect(volumes.map { $0.snapshots.map(\.position.number) } == [[150]])
        manifest = data(4, snapshotsIn: [1, 3])
        archive(manifest, into: &volumes)
        #expect(volumes.map { $0.snapshots.map(\.position.number) } == [[150, 350]])
    }

    @Test func `is another volume when a snapshot lies a day behind the beginning, both leading everywhere`() {
        let volumes = archived(data(60, snapshotsIn: [10, 30, 40, 58]))
        #expect(volumes.count == 3)
        #expect(volumes.map(\.archivedStart) == [0, 3050, 5850])
        for (volume, next) in zip(volumes, volumes.dropFirst()) {
            #expect(volume.archivedEnd >= next.archivedStart)
            #expect(next.segments.first!.first.number <= next.archivedStart + 1)
        }
        #expect(volumes.last?.archivedEnd == 6000)
    }

    @Test func `is another volume when one has very many segments`() {
        var short = ArchivePlan()
        short.volumeAge = .max
        short.volumeSegments = 20
        let manifest = data(60, snapshotsIn: [10, 30])
        let whole = archived(manifest)[0]
        var volume = whole
        volume.snapshots = manifest.snapshots
        #expect(short.next(manifest, in: volume) == .begin(.snapshot(snapshot(in: 30))))
        short.volumeSegments = 40
        #expect(short.next(manifest, in: volume) == nil)
    }

    @Test func `goes into a volume only where that is of this history and not ahead, behind or beside it`() {
        let volume = archived(data(5, snapshotsIn: [2]))[0]
        #expect(plan.goesOn(volume, with: data(5, snapshotsIn: [2])))
        #expect(plan.goesOn(volume, with: data(9, from: 5)))
        // A copy of before, and one whose log was let go of meanwhile.
        #expect(!plan.goesOn(volume, with: data(3)))
        #expect(!plan.goesOn(volume, with: data(9, from: 6)))
        var other = data(9)
        other.segments[2].closing?.checksum = 77
        #expect(!plan.goesOn(volume, with: other))
        other = data(9, snapshotsIn: [2])
        other.snapshots[0].digest = 77
        #expect(!plan.goesOn(volume, with: other))
        other = data(9)
        other.history = HistoryID(high: 1, low: 2)
        #expect(!plan.goesOn(volume, with: other))
    }

    @Test func `settles what was copied, and what lies before it`() {
        let manifest = data(60, snapshotsIn: [10, 30])
        let volumes = archived(manifest)
        var newer = manifest
        newer.segments[60].closing = closing(60)
        newer.snapshots.append(snapshot(in: 60))
        let settled = plan.settled(newer, in: volumes[1])
        #expect(settled == Set(1...60).union([5011, 5031]))
        #expect(plan.waiting(newer, in: volumes[1]) == (2, 1500))
    }

    @Test func `is due when a segment has held records for so long, later where there are very many`() {
        var age = SegmentAge(every: 1000)
        func isDue(_ open: SegmentEntry, _ written: UInt64, behind count: Int = 1, at now: Int64) -> Bool {
            age.isDue(open, written: Position(epoch: 1, number: written), behind: count, at: now)
        }
        let open = SegmentEntry(id: 7, first: Position(epoch: 1, number: 10))
        #expect(!isDue(open, 9, at: 0))
        #expect(!isDue(open, 10, at: 5000))
        #expect(!isDue(open, 10, at: 5999))
        #expect(isDue(open, 10, at: 6000))
        #expect(!isDue(open, 10, behind: 4096, at: 6999))
        #expect(isDue(open, 10, behind: 4096, at: 7000))
        // The next segment has its own time.
        #expect(!isDue(SegmentEntry(id: 8, first: Position(epoch: 1, number: 11)), 12, at: 9000))
        age = SegmentAge(every: 0)
        #expect(!isDue(open, 10, at: 1))
        #expect(!isDue(open, 10, at: .max))
    }
}
