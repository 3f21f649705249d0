#if canImport(Glibc)
    import Glibc
#endif

/// The scans a codec does on every byte: eight bytes a step, or what the C library does with vectors.
///
/// Unsafe: each reads through a pointer that is valid for the closure, at offsets checked against `count` first.
extension Span where Element == UInt8 {
    /// The index of the first `byte` at or after `start`, nil when there is none.
    public func firstIndex(of byte: UInt8, from start: Int = 0) -> Int? {
        guard start < count else { return nil }
        precondition(start >= 0)
        return withUnsafeBufferPointer { bytes in
            let base = UnsafeRawPointer(bytes.baseAddress!)
            guard let found = memchr(base + start, Int32(byte), bytes.count - start) else { return nil }
            return UnsafeRawPointer(found) - base
        }
    }

    /// How many bytes from `start` on are token characters (RFC 9110 §5.6.2).
    public func tokenLength(from start: Int) -> Int {
        precondition(start >= 0 && start <= count)
        return withUnsafeBufferPointer { bytes in
            var index = start
            while index < bytes.count, ASCII.isToken(bytes[index]) { index += 1 }
            return index - start
        }
    }

    /// The index of the first byte in `range` that may not stand in a field value: a control other than HTAB, or DEL
    /// (RFC 9110 §5.5). Nil when all may.
    public func firstControl(in range: Range<Int>) -> Int? {
        precondition(range.lowerBound >= 0 && range.upperBound <= count)
        return withUnsafeBufferPointer { bytes in
            var index = range.lowerBound
            let raw = UnsafeRawBufferPointer(bytes)
            while index + 8 <= range.upperBound {
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if Self.mayHoldControl(word) { break }
                index += 8
            }
            while index < range.upperBound {
                let byte = bytes[index]
                if (byte < 0x20 && byte != ASCII.tab) || byte == 0x7F { return index }
                index += 1
            }
            return nil
        }
    }

    /// The index of the first byte at or after `start` that is no visible ASCII character: a blank, a control, DEL or
    /// anything from 0x80 on; `count` when there is none.
    public func visibleEnd(from start: Int) -> Int {
        precondition(start >= 0 && start <= count)
        return withUnsafeBufferPointer { bytes in
            var index = start
            let raw = UnsafeRawBufferPointer(bytes)
            while index + 8 <= bytes.count {
                let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                if Self.mayHoldControl(word) || Self.hasByte(word, 0x20) || word & 0x8080_8080_8080_8080 != 0 { break }
                index += 8
            }
            while index < bytes.count, bytes[index] > 0x20, bytes[index] < 0x7F { index += 1 }
            return index
        }
    }

    /// True when some byte of `word` is below 0x20 or is 0x7F (the classic carry tricks; false alarms are sorted out
    /// byte by byte).
    @inline(always)
    private static func mayHoldControl(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let below = (word &- ones &* 0x20) & ~word & highs
        return below != 0 || hasByte(word, 0x7F)
    }

    @inline(always)
    private static func hasByte(_ word: UInt64, _ byte: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        let difference = word ^ (ones &* byte)
        return (difference &- ones) & ~difference & highs != 0
    }
}

extension ASCII {
    /// RFC 9110 §5.6.2: the characters of methods and field names, as a bitmap of the 128 ASCII codes.
    @inline(always)
    public static func isToken(_ byte: UInt8) -> Bool {
        // ! # $ % & ' * + - . 0-9
        let low: UInt64 = 0x03FF_6CFA_0000_0000
        // A-Z ^ _ ` a-z | ~
        let high: UInt64 = 0x57FF_FFFF_C7FF_FFFE
        if byte < 64 { return low >> UInt64(byte) & 1 == 1 }
        if byte < 128 { return high >> UInt64(byte &- 64) & 1 == 1 }
        return false
    }
}
