import CChecksum

/// The checksum of everything on disk: CRC32C (RFC 3720 appendix B.4), by the processor's instruction where it has one.
///
/// Finds every change of up to 32 bits in a row, and of any five bits in a record of usual size; it is no protection
/// against intent.
public struct CRC32C: Sendable, Equatable {
    /// The checksum of what was added so far; 0 for nothing.
    public private(set) var value: UInt32

    /// - Parameter value: the checksum of what came before, 0 for nothing.
    public init(_ value: UInt32 = 0) { self.value = value }

    /// Goes on over `bytes`.
    ///
    /// Unsafe: the C function reads `count` bytes of memory that is held for the call.
    public mutating func add(_ bytes: Span<UInt8>) {
        guard !bytes.isEmpty else { return }
        value = bytes.withUnsafeBufferPointer { nuthatch_crc32c(value, $0.baseAddress, $0.count) }
    }

    /// The checksum of `bytes`.
    public static func of(_ bytes: Span<UInt8>) -> UInt32 {
        var sum = CRC32C()
        sum.add(bytes)
        return sum.value
    }
}
