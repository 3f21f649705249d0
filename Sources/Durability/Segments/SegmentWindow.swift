import Bytes
import Posix

/// The part of a segment that its reader has before it, going forward with it: memory for a piece of the file and the
/// record at hand, whatever the length of the segment.
struct SegmentWindow: ~Copyable {
    /// How much is read ahead at least.
    static let pieceBytes = 256 << 10

    private let file: any DiskFile
    private let length: Int
    private var buffer = IOBuffer()
    /// Where in the segment it begins.
    private(set) var start = SegmentHeader.size

    init(_ segment: borrowing SegmentFile) {
        file = segment.file
        length = segment.length
    }

    /// The bytes from `start` on.
    var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get { buffer.readable }
    }

    /// Goes on to the record at `offset`, no further than behind the one that is held, and holds all of it; where what
    /// stands there is no record or is cut off, whatever there is.
    mutating func hold(recordAt offset: Int) throws(SystemError) {
        buffer.consume(offset - start)
        start = offset
        try hold(RecordHeader.size)
        if let header = RecordHeader.peek(buffer.readable, at: 0) { try hold(header.length) }
    }

    private mutating func hold(_ count: Int) throws(SystemError) {
        let end = start + buffer.count
        guard buffer.count < count, end < length else { return }
        let missing = max(Self.pieceBytes, count - buffer.count)
        try file.readAll(at: end, upTo: min(missing, length - end), into: &buffer)
    }
}
