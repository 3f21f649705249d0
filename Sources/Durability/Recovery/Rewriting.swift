import Bytes
import CacheModel
import Posix

/// The records of a segment that are whole but not known to be synced: the page cache may show what the disk does not
/// hold. The segment is closed before them, and they are written again into the next.
struct Rewriting {
    private let tail: Tail

    /// How the old segment is closed.
    let closing: SegmentClosing
    /// The position of the first record to write again; nil when there is none that has one of its own.
    let first: Position?

    init(_ tail: Tail) {
        self.tail = tail
        (closing, first) = Self.measure(tail, tail.segment.bytes)
    }

    /// The record before the first to be written again.
    var start: LogEnd { tail.exam.durableEnd.log }

    /// Bytes to write again.
    var bytes: Int { tail.exam.end.offset - tail.exam.durableEnd.offset }

    func write(to writer: inout SegmentWriter) throws(SystemError) {
        var buffer = IOBuffer(capacity: bytes)
        Self.copy(tail, tail.segment.bytes, to: &buffer)
        writer.sealAgain(&buffer)
        do throws(PartialWrite) { try writer.write(buffer.readable) } catch { throw error.error }
    }

    private static func copy(_ tail: Tail, _ bytes: borrowing IOBuffer, to buffer: inout IOBuffer) {
        buffer.append(bytes.readable.extracting(tail.exam.durableEnd.offset..<tail.exam.end.offset))
    }

    private static func measure(_ tail: Tail, _ buffer: borrowing IOBuffer) -> (SegmentClosing, Position?) {
        let bytes = buffer.readable
        let end = tail.exam.durableEnd
        let firstRecord = RecordHeader.peek(bytes, at: SegmentHeader.size)
        let closing = SegmentClosing(
            last: end.log.last, length: end.offset, checksum: CRC32C.of(bytes.extracting(0..<end.offset)),
            firstTime: end.offset > SegmentHeader.size ? firstRecord?.logTime ?? end.log.lastTime : end.log.lastTime,
            lastTime: end.log.lastTime)
        var offset = end.offset
        while offset < tail.exam.end.offset, let header = RecordHeader.peek(bytes, at: offset) {
            if !header.kind.isControl { return (closing, header.position) }
            offset += header.length
        }
        return (closing, nil)
    }
}
