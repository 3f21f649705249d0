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
        if bytes.isEmpty { return }
        let digits = digits(alphabet)
        let whole = bytes.count / 3
        let rest = bytes.count - whole * 3
        let length = (bytes.count * 4 + 2) / 3
        let padding = alphabet == .standard ? (3 - rest) % 3 : 0
        // Unsafe: `room` has `length` bytes at least, and a group reads three bytes of `bytes` and writes four.
        _ = buffer.append(minimum: length + padding) { room in
            bytes.withUnsafeBufferPointer { source in
                for group in 0..<whole {
                    let word = word(source[group &* 3], source[group &* 3 &+ 1], source[group &* 3 &+ 2])
                    write(word, 4, to: room, at: group &* 4, digits)
                }
                if rest > 0 {
                    let word = word(source[whole &* 3], rest > 1 ? source[whole &* 3 &+ 1] : 0, 0)
                    write(word, rest + 1, to: room, at: whole &* 4, digits)
                }
            }
            for index in length..<length + padding { room[index] = 0x3D }
            return length + padding
        }
    }

    @inline(always)
    private static func word(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt32 {
        UInt32(first) << 16 | UInt32(second) << 8 | UInt32(third)
    }

    /// Writes the first `count` of the four digits of 24 bits.
    @inline(always)
    private static func write(
        _ word: UInt32, _ count: Int, to room: UnsafeMutableRawBufferPointer, at index: Int, _ digits: StaticString
    ) {
        for place in 0..<count {
            room[index &+ place] = digit(UInt8(truncatingIfNeeded: word &>> UInt32(18 &- 6 &* place)), digits)
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
