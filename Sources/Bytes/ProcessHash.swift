extension Span where Element == UInt8 {
    /// A hash of the bytes under a random secret of this process (Swift's `Hasher`, SipHash-1-3): nobody outside can
    /// find bytes that collide. Not the same in another process.
    public var processHash: UInt64 {
        var hasher = Hasher()
        // Unsafe: the pointer is read inside the call only.
        withUnsafeBytes { hasher.combine(bytes: $0) }
        return UInt64(bitPattern: Int64(hasher.finalize()))
    }
}
