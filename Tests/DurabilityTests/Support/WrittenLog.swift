import Bytes
import CacheModel
import Posix

@testable import Durability

/// A directory that a process left behind when it was killed, and what was written to it.
struct WrittenLog {
    let disk: SimulatedDisk
    let ledger: Ledger
    let manifest: Manifest

    /// - Parameters:
    ///   - segmentBytes: where the log goes on in a new segment.
    ///   - snapshot: behind how many batches one is made, if at all.
    init(
        policy: FsyncPolicy, seed: UInt64, batches: Int, segmentBytes: Int = 10 << 10, snapshotBehind snapshot: Int = 0,
        digestInterval: UInt64 = 7
    ) throws {
        let disk = SimulatedDisk()
        let recovered = try recover(disk, policy: policy, seed: seed)
        var ledger = Ledger()
        ledger.start = recovered.end.last
        let (store, state) = (recovered.store, recovered.state)
        var log = TestLog(
            recovered, policy: policy, seed: seed, now: 1_000_000, segmentBytes: segmentBytes,
            digestInterval: digestInterval)
        for count in 1...batches {
            try log.writeBatch(&ledger)
            if count == snapshot { try Self.makeSnapshot(of: state, ledger, store) }
        }
        manifest = store.current
        disk.kill()
        self.disk = disk
        self.ledger = ledger
    }

    private static func makeSnapshot(of state: any DurableState, _ ledger: Ledger, _ store: ManifestStore) throws {
        let id = store.takeFile()
        let end = LogEnd(last: ledger.last, lastTime: ledger.records.last!.time)
        let still = StillState(state, at: end, shiftedBy: 0)
        let writer = SnapshotWriter(
            file: try store.disk.create(FileNames.snapshot(id)), state: still, log: still, of: store.current,
            progress: SnapshotProgress())
        let summary = try writer.write(wallTime: end.lastTime, threads: 1, level: 1)
        try store.update { $0.snapshots.append(summary.entry(id: id, madeAt: end.lastTime, isRehearsed: true)) }
    }

    /// The name of the open segment.
    var lastSegment: String { manifest.segments.last!.name }

    /// The records of the open segment with where each starts and ends.
    var lastRecords: [(header: RecordHeader, end: Int)] {
        let bytes = disk.content(lastSegment)!
        var records: [(RecordHeader, Int)] = []
        var offset = SegmentHeader.size
        while let header = RecordHeader.peek(bytes.span, at: offset) {
            offset += header.length
            records.append((header, offset))
        }
        return records
    }

    /// How many records of the ledger count when the open segment ends at `length`: whole ones in whole groups.
    func records(upTo length: Int) -> Int {
        let whole = lastRecords.last { $0.end <= length && !$0.header.kind.isControl && $0.header.remaining == 0 }
        let last = whole?.header.position.number ?? manifest.segments.last!.first.number - 1
        return ledger.records.prefix { $0.position.number <= last }.count
    }
}
