import Bytes
import CacheModel

/// Records on their way to the file, in the order of their numbers without a gap.
///
/// What came early, with a number missing before it, waits for the next batch. Mostly everything comes in order; then
/// nothing is copied.
struct LogBatch: ~Copyable {
    /// The records to write.
    var bytes = IOBuffer()
    private(set) var records: [QueuedRecord] = []
    /// What came early.
    private var early = IOBuffer()
    private var earlyRecords: [QueuedRecord] = []

    /// Where a batch ends, in bytes, with the atomic group begun there; the rest is for the next. While the disk is
    /// full all that ends by itself is queued: written in one piece it could make a segment longer than recovery reads
    /// (``SegmentBytes/maximumLength``).
    private let mostBytes: Int

    /// Buffers above this are given back after a batch, so that one burst does not stay for ever.
    private let keptBytes: Int

    /// - Parameters:
    ///   - mostBytes: where a batch ends.
    ///   - keptBytes: the largest buffer, in bytes, that waits for the next batch. There are two of them.
    init(mostBytes: Int = 64 << 20, keptBytes: Int = 4 << 20) {
        self.mostBytes = mostBytes
        self.keptBytes = keptBytes
    }

    /// Takes what has been queued since, behind `last`. The batch must have been cleared.
    /// - Returns: how many records there are to write, 0 when the next one is not there yet.
    mutating func fill(from queue: LogQueue, after last: UInt64) -> Int {
        queue.take(&bytes, &records)
        if !earlyRecords.isEmpty || !Self.isGapless(records, after: last) { arrange(after: last) }
        trimToSize()
        trimToWholeGroups()
        return records.count
    }

    /// Forgets what was written.
    mutating func clear() {
        bytes.removeAll(keeping: keptBytes)
        records.removeAll(keepingCapacity: records.capacity <= 1 << 16)
    }

    /// Forgets the records that lie whole in the first `count` bytes.
    mutating func drop(bytes count: Int) {
        bytes.consume(count)
        let left = records.drop { $0.start < count }
        records = left.map { record in
            var record = record
            record.start -= count
            return record
        }
    }

    private static func isGapless(_ records: [QueuedRecord], after last: UInt64) -> Bool {
        var next = last + 1
        for record in records {
            if record.number != next { return false }
            next += 1
        }
        return true
    }

    /// Sorts what is here and what waited, and keeps what follows without a gap.
    private mutating func arrange(after last: UInt64) {
        let offset = early.count
        early.append(copying: bytes)
        earlyRecords += records.map { record in
            var record = record
            record.start += offset
            return record
        }
        bytes.removeAll(keeping: keptBytes)
        records.removeAll(keepingCapacity: true)
        earlyRecords.sort { $0.number < $1.number }
        var next = last + 1
        for record in earlyRecords where record.number == next {
            move(record)
            next += 1
        }
        keepEarly(earlyRecords.filter { $0.number >= next })
    }

    private mutating func move(_ record: QueuedRecord) {
        var moved = record
        moved.start = bytes.count
        bytes.append(copying: early, in: record.start..<record.start + record.length)
        records.append(moved)
    }

    private mutating func keepEarly(_ left: [QueuedRecord]) {
        var kept = IOBuffer()
        var keptRecords: [QueuedRecord] = []
        for var record in left {
            let range = record.start..<record.start + record.length
            record.start = kept.count
            kept.append(copying: early, in: range)
            keptRecords.append(record)
        }
        early = kept
        earlyRecords = keptRecords
    }

    /// Leaves what goes past `mostBytes` to the next batch, but for the rest of a group.
    private mutating func trimToSize() {
        guard bytes.count > mostBytes else { return }
        guard var first = records.firstIndex(where: { $0.start + $0.length > mostBytes }) else { return }
        // At least one record is written, however long it is.
        first = max(first, 1)
        while first < records.count, records[first - 1].remaining > 0 { first += 1 }
        leave(from: first)
    }

    /// A batch ends where a group does: the rest of the group is on its way.
    private mutating func trimToWholeGroups() {
        guard let last = records.last, last.remaining > 0 else { return }
        var first = records.count - 1
        while first > 0, records[first - 1].remaining > 0 { first -= 1 }
        leave(from: first)
    }

    /// Leaves the records from one on to a later batch.
    private mutating func leave(from first: Int) {
        guard first < records.count else { return }
        let start = records[first].start
        for record in records[first...] {
            var moved = record
            moved.start = early.count
            early.append(copying: bytes, in: record.start..<record.start + record.length)
            earlyRecords.append(moved)
        }
        bytes.truncate(to: start)
        records.removeSubrange(first...)
    }
}
