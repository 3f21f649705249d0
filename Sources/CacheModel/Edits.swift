import Bytes

/// Pieces of a value to be overwritten: what a small change of a large state is told as.
///
/// ```
/// offset 4 │ count 2 │ bytes        one behind the other, numbers in little endian
/// ```
/// The value keeps its length.
public enum Edits {
    /// One piece, its bytes somewhere in the encoded form.
    public struct Piece: Sendable, Equatable {
        public let offset: Int
        public let bytes: ByteSlice
    }

    private static let headBytes = 6

    /// Appends one piece.
    /// - Parameters: offset below 2^32; bytes 65,535 at most. More traps.
    public static func append(_ bytes: Span<UInt8>, at offset: Int, to buffer: inout IOBuffer) {
        appendHead(offset: offset, count: bytes.count, to: &buffer)
        buffer.append(bytes)
    }

    /// Appends a piece that is one number in little endian.
    public static func append<Number: FixedWidthInteger & BitwiseCopyable>(
        number: Number, at offset: Int, to buffer: inout IOBuffer
    ) {
        appendHead(offset: offset, count: Number.bitWidth / 8, to: &buffer)
        buffer.append(littleEndian: number)
    }

    private static func appendHead(offset: Int, count: Int, to buffer: inout IOBuffer) {
        buffer.append(littleEndian: UInt32(offset))
        buffer.append(littleEndian: UInt16(count))
    }

    /// The piece at `cursor`, which moves behind it; nil at the end, and where the form is damaged.
    public static func next(in edits: Span<UInt8>, at cursor: inout Int) -> Piece? {
        guard cursor + headBytes <= edits.count else { return nil }
        let offset = Int(edits.loadLittleEndian(UInt32.self, at: cursor))
        let count = Int(edits.loadLittleEndian(UInt16.self, at: cursor + 4))
        let start = cursor + headBytes
        guard start + count <= edits.count else { return nil }
        cursor = start + count
        return Piece(offset: offset, bytes: ByteSlice(start: start, count: count))
    }

    /// Whether all of it is well formed and lies within a value of `count` bytes.
    public static func fit(_ edits: Span<UInt8>, valueCount count: Int) -> Bool {
        var cursor = 0
        while let piece = next(in: edits, at: &cursor) {
            if piece.offset + Int(piece.bytes.count) > count { return false }
        }
        return cursor == edits.count
    }
}
