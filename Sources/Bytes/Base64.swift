/// Base64 and base64url (RFC 4648 §4, §5).
public enum Base64 {
    public enum Alphabet: Sendable { case standard, url }

    /// Appends the decoded form of `encoded`; padding is optional.
    ///
    /// - Returns: false for a byte outside the alphabet, misplaced padding, an impossible length or bits left over.
    public static func decode(_ encoded: Span<UInt8>, _ alphabet: Alphabet, into buffer: inout IOBuffer) -> Bool {
        var end = encoded.count
        var padding = 0
        while end > 0, encoded[end - 1] == 0x3D, padding < 2 {
            end -= 1
            padding += 1
        }
        if end % 4 == 1 || (padding > 0 && (end + padding) % 4 != 0) { return false }
        var accumulator: UInt32 = 0
        var bits = 0
        for index in 0..<end {
            guard let value = value(of: encoded[index], alphabet) else { return false }
            accumulator = accumulator << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                buffer.append(UInt8(truncatingIfNeeded: accumulator >> UInt32(bits)))
            }
        }
        return accumulator & (1 << UInt32(bits) - 1) == 0
    }

    /// Appends the encoded form of `bytes`: padded in the standard alphabet, unpadded in the URL one.
    public static func encode(_ bytes: Span<UInt8>, _ alphabet: Alphabet, into buffer: inout IOBuffer) {
        let digits = digits(alphabet)
        buffer.reserve((bytes.count + 2) / 3 * 4)
        var index = 0
        while index < bytes.count {
            let rest = bytes.count - index
            let first = bytes[index]
            let second = rest > 1 ? bytes[index + 1] : 0
            let third = rest > 2 ? bytes[index + 2] : 0
            buffer.append(digit(first >> 2, digits))
            buffer.append(digit(first << 4 | second >> 4, digits))
            if rest > 1 { buffer.append(digit(second << 2 | third >> 6, digits)) }
            if rest > 2 { buffer.append(digit(third, digits)) }
            if alphabet == .standard && rest < 3 { buffer.append(repeating: 0x3D, count: 3 - rest) }
            index += 3
        }
    }

    private static func value(of byte: UInt8, _ alphabet: Alphabet) -> UInt8? {
        switch byte {
        case 0x41...0x5A: byte - 0x41
        case 0x61...0x7A: byte - 0x61 + 26
        case 0x30...0x39: byte - 0x30 + 52
        case alphabet == .standard ? 0x2B : 0x2D: 62
        case alphabet == .standard ? 0x2F : 0x5F: 63
        default: nil
        }
    }

    private static func digits(_ alphabet: Alphabet) -> StaticString {
        switch alphabet {
        case .standard: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
        case .url: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        }
    }

    /// The digit of the lowest six bits: `digits` has 64.
    @inline(always)
    private static func digit(_ value: UInt8, _ digits: StaticString) -> UInt8 { digits.utf8Start[Int(value & 0x3F)] }
}
