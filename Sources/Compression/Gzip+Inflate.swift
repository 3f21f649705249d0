import Bytes
import CZlib

extension Gzip {
    /// Appends what `input` inflates to; at most `limit` bytes.
    ///
    /// Several members behind each other are one value (RFC 1952 §2.2). On a failure `output` may hold a part.
    package static func inflate(
        _ input: Span<UInt8>, limit: Int, into output: inout IOBuffer
    ) throws(Failure) {
        _ = try inflate(input, limit: limit, keeping: true, into: &output)
    }

    /// How many bytes `input` inflates to, found without keeping them; at most `limit`.
    package static func inflatedCount(of input: Span<UInt8>, limit: Int) throws(Failure) -> Int {
        var scratch = IOBuffer(capacity: step)
        return try inflate(input, limit: limit, keeping: false, into: &scratch)
    }

    private static func inflate(
        _ input: Span<UInt8>, limit: Int, keeping: Bool, into output: inout IOBuffer
    ) throws(Failure) -> Int {
        var stream = InflateStream()
        guard !input.isEmpty, stream.open(window: gzipWindow) else { throw .malformed }
        var consumed = 0
        var produced = 0
        while true {
            if !keeping { output.removeAll() }
            let turn = stream.turn(input.extracting(consumed..<input.count), into: &output)
            consumed += turn.consumed
            produced += turn.produced
            guard produced <= limit, !isImplausible(produced: produced, from: consumed) else { throw .tooLarge }
            switch turn.state {
            case .ended where consumed == input.count: return produced
            case .ended: guard stream.restart() else { throw .malformed }
            case .going: guard turn.consumed + turn.produced > 0 else { throw .malformed }
            case .failed: throw .malformed
            }
        }
    }
}

/// zlib's inflating state, ended once.
///
/// Unsafe: the stream's pointers are set for one call each and not used behind it. zlib's own state points back at the
/// stream, so the stream lies in memory that does not move.
struct InflateStream: ~Copyable {
    enum State { case going, ended, failed }

    struct Turn {
        var consumed: Int
        var produced: Int
        var state: State
    }

    private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    private var isOpen = false

    init() { stream.initialize(to: z_stream()) }

    /// - Parameter window: zlib's window bits, which also say what stands around the deflated bytes.
    mutating func open(window: Int32) -> Bool {
        let size = Int32(MemoryLayout<z_stream>.size)
        isOpen = inflateInit2_(stream, window, ZLIB_VERSION, size) == Z_OK
        return isOpen
    }

    /// Makes ready for a further member.
    mutating func restart() -> Bool { inflateReset(stream) == Z_OK }

    mutating func turn(_ input: Span<UInt8>, into output: inout IOBuffer) -> Turn {
        var turn = Turn(consumed: 0, produced: 0, state: .failed)
        turn.produced = output.append(minimum: Gzip.step) { room in
            input.withUnsafeBufferPointer { source in
                let offered = min(room.count, Gzip.step)
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.pointee.avail_in = UInt32(clamping: source.count)
                stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(offered)
                let given = stream.pointee.avail_in
                let code = CZlib.inflate(stream, Z_NO_FLUSH)
                turn.consumed = Int(given - stream.pointee.avail_in)
                turn.state = code == Z_STREAM_END ? .ended : code == Z_OK || code == Z_BUF_ERROR ? .going : .failed
                return offered - Int(stream.pointee.avail_out)
            }
        }
        return turn
    }

    deinit {
        if isOpen { inflateEnd(stream) }
        stream.deallocate()
    }
}
