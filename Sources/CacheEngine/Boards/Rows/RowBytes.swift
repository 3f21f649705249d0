import Bytes

extension IOBuffer {
    /// Appends the low `count` bytes of a number in little endian.
    mutating func append(word: UInt64, bytes count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: word >> UInt64(index * 8))) }
    }

    mutating func append(signed value: Int64) { append(word: UInt64(bitPattern: value), bytes: 8) }

    /// Appends bytes behind their number, which takes `width` bytes.
    mutating func append(counted bytes: Span<UInt8>, width: Int) {
        append(word: UInt64(bytes.count), bytes: width)
        append(bytes)
    }
}

/// Reads what a row holds. Past the end, or where something cannot be, everything is 0 and `isDamaged`.
struct RowReader {
    private let bytes: RawBytes
    private var offset = 0
    private(set) var isDamaged = false

    init(_ bytes: RawBytes) { self.bytes = bytes }

    /// Whether all was read, and nothing was wrong.
    var isWhole: Bool { !isDamaged && offset == bytes.count }

    mutating func fail() { isDamaged = true }

    mutating func take(_ count: Int) -> RawBytes {
        guard !isDamaged, count <= bytes.count - offset else {
            isDamaged = true
            return .empty
        }
        defer { offset += count }
        return RawBytes(start: bytes.start + offset, count: count)
    }

    mutating func word(_ count: Int) -> UInt64 {
        let taken = take(count)
        var word: UInt64 = 0
        for index in 0..<taken.count {
            word |= UInt64(taken.start.load(fromByteOffset: index, as: UInt8.self)) << UInt64(index * 8)
        }
        return word
    }

    mutating func number(_ count: Int) -> Int { Int(truncatingIfNeeded: word(count)) }

    mutating func signed() -> Int64 { Int64(bitPattern: word(8)) }

    mutating func counted(width: Int) -> RawBytes { take(number(width)) }

    mutating func rest() -> RawBytes { take(bytes.count - offset) }
}
