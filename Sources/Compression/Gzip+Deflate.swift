import Bytes
import CZlib

extension Gzip {
    /// Appends the gzip form of `input` to `output`; false when zlib has no memory.
    ///
    /// Deterministic: the header carries neither time nor name, so equal input gives equal bytes and byte ranges of the
    /// result stay valid.
    ///
    /// Unsafe: zlib is given the span's memory for the one call, and room in `output` of at least the size it says the
    /// result may take.
    package static func compress(_ input: Span<UInt8>, level: Int, into output: inout IOBuffer) -> Bool {
        precondition(level >= 1 && level <= 9, "zlib's levels are 1 to 9")
        precondition(input.count <= Int(UInt32.max), "one call of zlib takes 4 GiB")
        // zlib's state points back at the stream, which therefore must not move.
        let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
        stream.initialize(to: z_stream())
        defer { stream.deallocate() }
        let size = Int32(MemoryLayout<z_stream>.size)
        guard
            deflateInit2_(stream, Int32(level), Z_DEFLATED, gzipWindow, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, size)
                == Z_OK
        else { return false }
        defer { deflateEnd(stream) }
        let bound = Int(deflateBound(stream, UInt(input.count)))
        var isDone = false
        _ = output.append(minimum: bound) { room in
            input.withUnsafeBufferPointer { source in
                stream.pointee.next_in = UnsafeMutablePointer(mutating: source.baseAddress)
                stream.pointee.avail_in = UInt32(source.count)
                stream.pointee.next_out = room.baseAddress?.assumingMemoryBound(to: UInt8.self)
                stream.pointee.avail_out = UInt32(clamping: room.count)
                let offered = stream.pointee.avail_out
                isDone = deflate(stream, Z_FINISH) == Z_STREAM_END
                return isDone ? Int(offered - stream.pointee.avail_out) : 0
            }
        }
        return isDone
    }
}
