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

    /// How many bytes from the first on may stand in a registered name (RFC 3986 §3.2.2): letters, digits and
    /// `-._~%!$&'()*+;=`. A comma may not: it would make one field two.
    public var registeredNameLength: Int {
        withUnsafeBufferPointer { bytes in
            var index = 0
            while index < bytes.count, ASCII.isRegisteredName(bytes[index]) { index += 1 }
            return index
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
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let found = Self.controls(word)
                if found != 0 {
                    index += Self.firstPlace(found)
                    // A tab looks like a control up to here: the rest byte by byte.
                    if bytes[index] == ASCII.tab { break }
                    return index
                }
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

    /// The run of visible ASCII characters from `start` on, up to a blank, a control, DEL or anything from 0x80 on, and
    /// which of the characters that structure a URI are in it.
    public func visibleRun(from start: Int) -> VisibleRun {
        precondition(start >= 0 && start <= count)
        return withUnsafeBufferPointer { bytes in
            var end = start
            var questionMark = -1
            var numberSigns: UInt64 = 0
            var percentSigns: UInt64 = 0
            let raw = UnsafeRawBufferPointer(bytes)
            var stops: UInt64 = 0
            while stops == 0, end + 8 <= bytes.count {
                let word = UInt64(littleEndian: raw.loadUnaligned(fromByteOffset: end, as: UInt64.self))
                stops = Self.controls(word) | Self.places(of: 0x20, in: word) | word & Self.highs
                // All bits below the first stop; all there are without one.
                let mask = (stops & (0 &- stops)) &- 1
                let marks = Self.places(of: 0x3F, in: word) & mask
                if marks != 0, questionMark < 0 { questionMark = end + Self.firstPlace(marks) }
                numberSigns |= Self.places(of: 0x23, in: word) & mask
                percentSigns |= Self.places(of: 0x25, in: word) & mask
                end += stops == 0 ? 8 : Self.firstPlace(stops)
            }
            while stops == 0, end < bytes.count, bytes[end] > 0x20, bytes[end] < 0x7F {
                if bytes[end] == 0x3F, questionMark < 0 { questionMark = end }
                if bytes[end] == 0x23 { numberSigns = 1 }
                if bytes[end] == 0x25 { percentSigns = 1 }
                end += 1
            }
            return VisibleRun(
                end: end, questionMark: questionMark < 0 ? nil : questionMark, hasNumberSign: numberSigns != 0,
                hasPercentSign: percentSigns != 0)
        }
    }

    // Eight bytes at once, by the classic carry tricks: of each kind found, the highest bit of its byte is set. Behind
    // the first of a kind there may be false ones; the first is always right, and without one there is none.

    @inline(always)
    static var ones: UInt64 { 0x0101_0101_0101_0101 }
    @inline(always)
    static var highs: UInt64 { 0x8080_8080_8080_8080 }

    /// The bytes below 0x20, and those that are 0x7F.
    @inline(always)
    static func controls(_ word: UInt64) -> UInt64 {
        (word &- ones &* 0x20) & ~word & highs | places(of: 0x7F, in: word)
    }

    @inline(always)
    static func places(of byte: UInt64, in word: UInt64) -> UInt64 {
        let difference = word ^ (ones &* byte)
        return (difference &- ones) & ~difference & highs
    }

    /// Which of the eight bytes is the first that was found.
    @inline(always)
    static func firstPlace(_ found: UInt64) -> Int { found.trailingZeroBitCount &>> 3 }
}

/// A run of visible ASCII characters, as ``Span/visibleRun(from:)`` finds it.
public struct VisibleRun: Sendable, Equatable {
    /// The index behind the run.
    public let end: Int
    /// The index of the first `?`; nil without one.
    public let questionMark: Int?
    /// True when there is a `#`.
    public let hasNumberSign: Bool
    /// True when there is a `%`.
    public let hasPercentSign: Bool
}

extension ASCII {
    /// RFC 9110 §5.6.2: the characters of methods and field names, as a bitmap of the 128 ASCII codes:
    /// `! # $ % & ' * + - . 0-9` below 64, `A-Z ^ _ \` a-z | ~` above.
    @inline(always)
    public static func isToken(_ byte: UInt8) -> Bool {
        contains(byte, below64: 0x03FF_6CFA_0000_0000, above: 0x57FF_FFFF_C7FF_FFFE)
    }

    @inline(always)
    static func isRegisteredName(_ byte: UInt8) -> Bool {
        contains(byte, below64: 0x2BFF_6FF2_0000_0000, above: 0x47FF_FFFE_87FF_FFFE)
    }

    /// Whether a bitmap of the 128 ASCII codes holds `byte`.
    @inline(always)
    public static func contains(_ byte: UInt8, below64 low: UInt64, above high: UInt64) -> Bool {
        guard byte < 128 else { return false }
        let word = byte < 64 ? low : high
        return word &>> UInt64(byte) & 1 == 1
    }
}
