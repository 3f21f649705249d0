import Bytes
import CacheModel
import Posix

@testable import Durability

/// A directory that a process left behind when it was killed, and what was written to it.
struct WrittenLog {
    let disk: SimulatedDisk
    let ledger: Ledger
    let manifest: Manifest

    /// - Parameter segmentBytes: where the log goes on in a new segment.
    init(policy: TestPolicy, seed: UInt64, batches: Int, segmentBytes: Int = 10 << 10) throws {
        let disk = SimulatedDisk()
        let recovered = try recover(disk, policy: policy)
        var ledger = Ledger()
        ledger.start = recovered.end.last
        manifest = try Self.write(recovered, policy, seed, batches, segmentBytes, &ledger)
        disk.kill()
        self.disk = disk
        self.ledger = ledger
    }

    private static func write(
        _ recovered: consuming Recovered, _ policy: TestPolicy, _ seed: UInt64, _ batches: Int, _ segmentBytes: Int,
        _ ledger: inout Ledger
    ) throws -> Manifest {
        let store = recovered.store
        var log = TestLog(recovered, policy: policy, seed: seed, now: 1_000_000, segmentBytes: segmentBytes)
        for _ in 0..<batches { try log.writeBatch(&ledger) }
        return store.current
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
