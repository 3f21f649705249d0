#if canImport(Glibc)
    import Glibc
#endif

/// What the protocols call a digit, a letter, a token: decided on bytes, never on characters.
public enum ASCII {
    public static let space: UInt8 = 0x20
    public static let tab: UInt8 = 0x09
    public static let carriageReturn: UInt8 = 0x0D
    public static let lineFeed: UInt8 = 0x0A

    @inline(always)
    public static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

    @inline(always)
    public static func isAlpha(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }

    /// A to Z become a to z, every other byte stays.
    @inline(always)
    public static func lowercased(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// The value of a hexadecimal digit, nil for any other byte.
    @inline(always)
    public static func hexValue(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte &- 0x30
        case 0x41...0x46: byte &- 0x41 &+ 10
        case 0x61...0x66: byte &- 0x61 &+ 10
        default: nil
        }
    }

    @inline(always)
    public static func hexDigit(_ value: UInt8, uppercase: Bool = false) -> UInt8 {
        let nibble = value & 0xF
        return nibble < 10 ? 0x30 &+ nibble : (uppercase ? 0x41 : 0x61) &+ nibble &- 10
    }
}

extension Span where Element == UInt8 {
    /// True when the bytes are exactly those of `text`.
    public func equals(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        // Unsafe: both are `count` bytes long, and the text is a constant.
        let other = text.utf8Start
        return withUnsafeBufferPointer { memcmp($0.baseAddress ?? other, other, $0.count) == 0 }
    }

    /// True when the bytes are those of `text`, letters A–Z and a–z taken as equal. `text` must be lower case.
    public func equalsIgnoringCase(_ text: StaticString) -> Bool {
        guard count == text.utf8CodeUnitCount else { return false }
        let other = Span<UInt8>(_unsafeStart: text.utf8Start, count: count)
        for index in 0..<count where ASCII.lowercased(self[index]) != other[index] { return false }
        return true
    }

    /// True when the bytes begin with those of `text`.
    public func starts(with text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        return count >= length && extracting(0..<length).equals(text)
    }

    /// True when both hold the same bytes.
    public func equals(_ other: Span<UInt8>) -> Bool {
        guard count == other.count, count > 0 else { return count == other.count }
        // Unsafe: both are `count` bytes long, and not empty.
        return withUnsafeBufferPointer { left in
            other.withUnsafeBufferPointer { memcmp(left.baseAddress!, $0.baseAddress!, left.count) == 0 }
        }
    }

    /// The bytes without spaces and tabs at either end.
    @_lifetime(copy self)
    public func trimmingBlanks() -> Span<UInt8> {
        var start = 0
        var end = count
        while start < end, self[start] == ASCII.space || self[start] == ASCII.tab { start += 1 }
        while end > start, self[end - 1] == ASCII.space || self[end - 1] == ASCII.tab { end -= 1 }
        return extracting(start..<end)
    }

    /// A copy in an array, for what must outlive the span.
    public func copied() -> [UInt8] {
        // With a capacity of 0 the library writes its count into the empty array that all threads share.
        if isEmpty { return [] }
        return [UInt8](unsafeUninitializedCapacity: count) { target, filled in
            for index in 0..<count { target[index] = self[index] }
            filled = count
        }
    }

    /// The value of 1 to 19 decimal digits and nothing else; nil for anything other or past `Int64.max`.
    ///
    /// `Int(_:)` takes signs and is therefore never used on input.
    public func decimalValue() -> Int64? {
        guard count >= 1, count <= 19 else { return nil }
        var value: Int64 = 0
        for index in 0..<count {
            let byte = self[index]
            guard ASCII.isDigit(byte) else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(Int64(byte &- 0x30))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// The value of decimal digits with at most a minus before them; nil for anything other or out of range.
    public func signedDecimalValue() -> Int64? {
        guard count > 0, self[0] == 0x2D else { return decimalValue() }
        guard let magnitude = extracting(1..<count).unsignedDecimalValue(), magnitude <= 1 << 63 else { return nil }
        return magnitude == 1 << 63 ? .min : -Int64(magnitude)
    }

    /// The value of 1 to 20 decimal digits and nothing else; nil for anything other or past `UInt64.max`.
    public func unsignedDecimalValue() -> UInt64? {
        guard count >= 1, count <= 20 else { return nil }
        var value: UInt64 = 0
        for index in 0..<count {
            let byte = self[index]
            guard ASCII.isDigit(byte) else { return nil }
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(UInt64(byte &- 0x30))
            if overflow || carry { return nil }
            value = sum
        }
        return value
    }

    /// True when the bytes are well-formed UTF-8.
    public var isValidUTF8: Bool {
        var allASCII = true
        for index in 0..<count where self[index] >= 0x80 {
            allASCII = false
            break
        }
        if allASCII { return true }
        return withUnsafeBufferPointer { String(validating: $0, as: UTF8.self) != nil }
    }
}
