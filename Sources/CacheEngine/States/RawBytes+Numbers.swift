/// Reading states: numbers are little endian, as on every machine this runs on; places outside trap.
extension RawBytes {
    @inline(always)
    func byte(_ offset: Int) -> UInt8 {
        precondition(offset >= 0 && offset < count, "a byte outside a state")
        return start.load(fromByteOffset: offset, as: UInt8.self)
    }

    @inline(always)
    func number<Number: FixedWidthInteger & BitwiseCopyable>(_ type: Number.Type, _ offset: Int) -> Number {
        precondition(offset >= 0 && offset + MemoryLayout<Number>.size <= count, "a number outside a state")
        return Number(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: Number.self))
    }
}
