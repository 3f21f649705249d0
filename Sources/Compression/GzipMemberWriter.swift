import Bytes
import CZlib

/// Makes gzip members one after the other with one deflating state.
///
/// Unsafe: zlib is given the span's memory for one call, and room in the output of the size it says the result may
/// take. zlib's state points back at the stream, which therefore lies in memory that does not move.
package struct GzipMemberWriter: ~Copyable {
    /// How much is deflated between two pauses: some 0.15 ms at level 1.
    static let pieceBytes = 16 << 10

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)

    /// - Parameter level: zlib's, 0 to store as it is, 1 fast to 9 small.
    /// - Throws: `malformed` when zlib has no memory.
    package init(level: Int) throws(Gzip.Failure) {
        precondition(level >= 0 && level <= 9, "zlib's levels are 0 to 9")
        stream.initialize(to: z_stream())
        let size = Int32(MemoryLayout<z_stream>.size)
        // Negative window bits: deflated bytes alone, the head around them is ours.
        let code = deflateInit2_(
            stream, Int32(level), Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
        guard code == Z_OK else { throw .malformed }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// Appends `input`, below 4 GiB, as a member whose label is `label` zeros for the caller to fill in.
    /// - Parameter pause: called between pieces of the work, for who shares a core with others.
    package mutating func append(
        _ input: Span<UInt8>, label: Int, to output: inout IOBuffer, betweenPieces pause: () -> Void = {}
    ) {
        precondition(input.count <= Int(UInt32.max) / 2, "one call of zlib takes 4 GiB, and its result too")
        let start = output.count
        GzipMember.appendStart(label: label, to: &output)
        output.append(repeating: 0, count: GzipMember.subfieldBytes + label)
        deflate(input, to: &output, pause)
        let sum = input.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        GzipMember.appendFour(input.isEmpty ? 0 : UInt32(truncatingIfNeeded: sum), to: &output)
        GzipMember.appendFour(UInt32(input.count), to: &output)
        var lengths = IOBuffer()
        GzipMember.appendFour(UInt32(output.count - start), to: &lengths)
        GzipMember.appendFour(UInt32(input.count), to: &lengths)
        output.replace(at: start + 16, with: lengths.readable)
    }

    private mutating func deflate(_ input: Span<UInt8>, to output: inout IOBuffer, _ pause: () -> Void) {
        _ = output.append(minimum: Int(deflateBound(stream, UInt(input.count)))) { room in
            let offered = UInt32(clamping: room.count)
            stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = offered
            input.withUnsafeBufferPointer { source in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                var left = source.count
                while left > Self.pieceBytes {
                    turn(Self.pieceBytes, Z_NO_FLUSH)
                    left -= Self.pieceBytes
                    pause()
                }
                turn(left, Z_FINISH)
            }
            return Int(offered - stream.pointee.avail_out)
        }
        deflateReset(stream)
    }

    /// Deflates the next `count` bytes, all of them.
    private mutating func turn(_ count: Int, _ flush: Int32) {
        stream.pointee.avail_in = UInt32(count)
        let code = CZlib.deflate(stream, flush)
        precondition(
            stream.pointee.avail_in == 0 && code == (flush == Z_FINISH ? Z_STREAM_END : Z_OK),
            "zlib took more room than it said")
    }
}

/// Inflates members one after the other with one state.
package struct GzipMemberReader: ~Copyable {
    private var stream = InflateStream()

    /// - Throws: `malformed` when zlib has no memory.
    package init() throws(Gzip.Failure) {
        guard stream.open(window: -15) else { throw .malformed }
    }

    /// Appends what a whole member inflates to; exactly as much as its head says, or it is malformed.
    /// - Parameter pause: called between pieces of the work, for who shares a core with others.
    package mutating func append(
        _ member: Span<UInt8>, _ head: GzipMember.Head, to output: inout IOBuffer, betweenPieces pause: () -> Void = {}
    ) throws(Gzip.Failure) {
        guard member.count == head.length, stream.restart() else { throw .malformed }
        let end = member.count - GzipMember.trailerBytes
        let start = output.count
        var consumed = head.label.upperBound
        output.reserve(head.inflatedLength + Gzip.step)
        while true {
            let turn = stream.turn(member.extracting(consumed..<end), into: &output)
            consumed += turn.consumed
            guard output.count - start <= head.inflatedLength else { throw .malformed }
            if turn.state == .ended { break }
            guard turn.state == .going, turn.consumed + turn.produced > 0 else { throw .malformed }
            pause()
        }
        let made = output.readable.extracting(start..<output.count)
        let sum = made.isEmpty ? 0 : made.withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        guard consumed == end, made.count == head.inflatedLength,
            GzipMember.number(member, at: end) == Int(sum), GzipMember.number(member, at: end + 4) == made.count
        else { throw .malformed }
    }
}
