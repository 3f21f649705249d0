/// Immutable bytes with shared ownership: a large value is held once however many answers send it.
///
/// Costs an object and an allocation beyond the bytes (see `footprint`); meant for values of some kilobytes and more,
/// not for small ones.
///
/// Unsafe: `base` is owned by this object alone; it is written inside `make` before the reference escapes, and later
/// only by `edit`, whose caller holds the one reference there is.
public final class SharedBytes: @unchecked Sendable {
    public let count: Int
    private let base: UnsafeMutableRawPointer

    private init(count: Int) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(byteCount: Swift.max(count, 1), alignment: 16)
    }

    deinit { base.deallocate() }

    /// A copy of the concatenated pieces.
    public static func make(_ first: Span<UInt8>, _ second: Span<UInt8> = Span<UInt8>()) -> SharedBytes {
        let made = SharedBytes(count: first.count + second.count)
        first.withUnsafeBufferPointer {
            if let from = $0.baseAddress { made.base.copyMemory(from: from, byteCount: $0.count) }
        }
        second.withUnsafeBufferPointer {
            if let from = $0.baseAddress { (made.base + first.count).copyMemory(from: from, byteCount: $0.count) }
        }
        return made
    }

    /// Overwrites bytes in place. Only for one who knows that nobody else holds a reference; traps outside the bytes.
    public func edit(at offset: Int, with bytes: Span<UInt8>) {
        precondition(offset >= 0 && offset + bytes.count <= count, "edit outside the bytes")
        bytes.withUnsafeBufferPointer {
            if let from = $0.baseAddress { (base + offset).copyMemory(from: from, byteCount: $0.count) }
        }
    }

    /// The bytes.
    public var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            let start = UnsafePointer(base.assumingMemoryBound(to: UInt8.self))
            return _overrideLifetime(Span<UInt8>(_unsafeStart: start, count: count), borrowing: self)
        }
    }

    /// What the object occupies in memory, in bytes.
    public var footprint: Int { 32 + 16 + (Swift.max(count, 1) + 23) & ~15 }
}
