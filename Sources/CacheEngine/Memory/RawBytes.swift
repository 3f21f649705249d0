import Bytes
import Glibc

/// Where some bytes are: what a span says, without its lifetime, so that entries' own bytes and a command's bytes can
/// be handled alike.
///
/// Unsafe: made either from the spans of a command, whose bytes outlive `execute`, or from an entry's memory, which
/// stays where it is until its shard next makes room, and is only looked at under that shard's lock. Never kept longer.
struct RawBytes {
    let start: UnsafeRawPointer
    let count: Int

    static var empty: RawBytes { RawBytes(start: nowhere, count: 0) }

    @inline(always)
    private static var nowhere: UnsafeRawPointer { UnsafeRawPointer(bitPattern: 1).unsafelyUnwrapped }

    @inline(always)
    init(start: UnsafeRawPointer, count: Int) {
        self.start = start
        self.count = count
    }

    @inline(always)
    init(_ span: borrowing Span<UInt8>) {
        let buffer = span.withUnsafeBufferPointer { $0 }
        start = buffer.baseAddress.map { UnsafeRawPointer($0) } ?? Self.nowhere
        count = buffer.count
    }

    /// The bytes as a span; `immortal` to the compiler, alive as said above.
    var span: Span<UInt8> {
        @_lifetime(immortal)
        @inline(always)
        get {
            let span = Span<UInt8>(_unsafeStart: start.assumingMemoryBound(to: UInt8.self), count: count)
            return _overrideLifetime(span, copying: ())
        }
    }

    @inline(always)
    var isEmpty: Bool { count == 0 }

    @inline(always)
    func equals(_ other: RawBytes) -> Bool {
        count == other.count && memcmp(start, other.start, count) == 0
    }

    /// Negative, 0 or positive as these bytes come before, are, or come after the others in byte order.
    func compare(_ other: RawBytes) -> Int {
        let order = memcmp(start, other.start, min(count, other.count))
        return order != 0 ? Int(order) : count - other.count
    }

    func starts(with prefix: RawBytes) -> Bool {
        count >= prefix.count && memcmp(start, prefix.start, prefix.count) == 0
    }

    func prefix(_ length: Int) -> RawBytes { RawBytes(start: start, count: min(length, count)) }

    var copied: [UInt8] { Array(UnsafeRawBufferPointer(start: start, count: count)) }

    @inline(always)
    func copy(to target: UnsafeMutableRawPointer) { memcpy(target, start, count) }
}
