import CacheModel
import Testing

@testable import Durability

@Suite struct `What is kept` {
    private let hour: Int64 = 3600 * 1000
    private let now = Instant(milliseconds: 1_000 * 3600 * 1000)

    /// Snapshots and segments by their age in hours; segment *n* ends where snapshot *n* is.
    private func manifest(_ ages: [Int64], rehearsed: Set<Int> = [], whole: Bool = false) -> Manifest {
        var manifest = Manifest(
            history: HistoryID(high: 1, low: 1), hashSecret: (1, 1), epoch: 1,
            start: whole ? Position(epoch: 1, number: 1) : .none)
        manifest.nextFile = 1000
        var last = Position(epoch: 1, number: 0)
        for (index, age) in ages.enumerated() {
            let time = now.advanced(byMilliseconds: -age * hour)
            let end = Position(epoch: 1, number: last.number + 100)
            manifest.segments.append(
                SegmentEntry(
                    id: UInt64(index + 1), first: Position(epoch: 1, number: last.number + 1),
                    closing: SegmentClosing(
                        last: end, length: 1000, checksum: 0, firstTime: time, lastTime: time)))
            manifest.snapshots.append(
                SnapshotEntry(
                    id: UInt64(index + 101), scanStart: end, position: end, logTime: time, madeAt: time, entries: 1,
                    digest: 1, length: 1, checksum: 1, isRehearsed: rehearsed.contains(index)))
            last = end
        }
        manifest.segments.append(SegmentEntry(id: 500, first: Position(epoch: 1, number: last.number + 1)))
        return manifest
    }

    private func dropped(
        _ manifest: Manifest, reader: Position? = nil, archived: @escaping (UInt64) -> Bool = { _ in true }
    )
        -> (snapshots: [UInt64], segments: [UInt64])
    {
        let plan = Retention().plan(manifest, now: now, reader: reader, isArchived: archived)
        return (plan.snapshots.map(\.id), plan.segments.map(\.id))
    }

    @Test func `keeps three snapshots and a log for the whole window`() {
        let plan = dropped(manifest([50, 40, 30, 20, 10, 5, 1]))
        // 30 h is the newest before the window of 24 h; the log behind it stays.
        #expect(plan.snapshots == [101, 102, 104] && plan.segments == [1, 2, 3])
    }

    @Test func `keeps the whole log while no snapshot lies before the window`() {
        #expect(dropped(manifest([20, 10, 5, 1], whole: true)).segments.isEmpty)
        #expect(dropped(manifest([20, 10, 5, 1])) == ([], []) || dropped(manifest([20, 10, 5, 1])).segments == [1])
    }

    @Test func `keeps what the newest rehearsed snapshot needs`() {
        let plan = dropped(manifest([90, 80, 70, 60, 50, 40, 30], rehearsed: [1]))
        #expect(!plan.snapshots.contains(102) && plan.segments == [1, 2])
    }

    @Test func `keeps what a replica still reads and what is not archived`() {
        let reading = dropped(manifest([50, 40, 30, 20, 10]), reader: Position(epoch: 1, number: 150))
        #expect(reading.segments == [1])
        let rehearsed = manifest([50, 40, 30, 20, 10, 5], rehearsed: [0, 1, 2, 3, 4, 5])
        let unarchived = dropped(rehearsed, archived: { $0 != 1 && $0 != 101 })
        #expect(unarchived.segments.isEmpty && !unarchived.snapshots.contains(101))
        // One that was never rehearsed is not archived and not waited for.
        let unrehearsed = manifest([50, 40, 30, 20, 10, 5], rehearsed: [1, 2, 3, 4, 5])
        #expect(dropped(unrehearsed, archived: { $0 != 1 && $0 != 101 }).snapshots.contains(101))
    }

    @Test func `never drops the segment that is written to`() {
        #expect(!dropped(manifest([90, 80, 70, 60, 50])).segments.contains(500))
    }

    @Test func `drops from the manifest before the files go`() throws {
        let written = try WrittenLog(policy: .always, seed: 21, batches: 80)
        let recovered = try recover(written.disk)
        var plan = Retention.Plan()
        plan.segments = Array(recovered.store.current.segments.prefix(2))
        try recovered.store.drop { _ in plan }
        let names = try written.disk.names()
        #expect(!names.contains(plan.segments[0].name))
        #expect(try ManifestStore.read(from: written.disk)?.segments.first == recovered.store.current.segments.first)
    }
}
