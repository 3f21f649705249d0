/// Whole numbers in the byte order of every file: the lowest byte first.
extension Span where Element == UInt8 {
    /// The number whose bytes start at `offset`; traps when they do not all lie inside.
    ///
    /// Unsafe: one load, checked against `count` first.
    @inlinable @inline(always)
    public func loadLittleEndian<Number: FixedWidthInteger & BitwiseCopyable>(_: Number.Type, at offset: Int) -> Number
    {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Number>.size, "a number outside the bytes")
        return withUnsafeBytes {
            Number(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: Number.self))
        }
    }
}

extension IOBuffer {
    /// Appends the bytes of `number`.
    @inlinable @inline(always)
    public mutating func append<Number: FixedWidthInteger & BitwiseCopyable>(littleEndian number: Number) {
        let size = MemoryLayout<Number>.size
        _ = append(minimum: size) { room in
            room.storeBytes(of: number.littleEndian, as: Number.self)
            return size
        }
    }

    /// Overwrites the bytes at `index` with those of `number`.
    @inlinable @inline(always)
    public mutating func replace<Number: FixedWidthInteger & BitwiseCopyable>(
        at index: Int, littleEndian number: Number
    ) {
        precondition(index >= 0 && index <= count - MemoryLayout<Number>.size, "a number outside the bytes")
        base!.storeBytes(of: number.littleEndian, toByteOffset: readMark + index, as: Number.self)
    }
}
