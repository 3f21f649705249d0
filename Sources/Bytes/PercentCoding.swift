/// Percent-encoding (RFC 3986 §2.1), decoded exactly once.
public enum PercentCoding {
    /// Appends the decoded form of `encoded` to `buffer`.
    ///
    /// - Parameter plusIsSpace: in a query `+` stands for a blank, in a path it is itself.
    /// - Returns: false when an escape is broken (`%`, `%0`, `%zz`); the buffer then holds what came before.
    public static func decode(_ encoded: Span<UInt8>, plusIsSpace: Bool, into buffer: inout IOBuffer) -> Bool {
        var index = 0
        if !plusIsSpace {
            // Most names have no escape at all, and are copied whole.
            index = encoded.firstIndex(of: 0x25) ?? encoded.count
            buffer.append(encoded.extracting(0..<index))
        }
        while index < encoded.count {
            let byte = encoded[index]
            if byte == 0x25 {
                guard index + 2 < encoded.count,
                    let high = ASCII.hexValue(encoded[index + 1]), let low = ASCII.hexValue(encoded[index + 2])
                else { return false }
                buffer.append(high << 4 | low)
                index += 3
            } else {
                buffer.append(plusIsSpace && byte == 0x2B ? ASCII.space : byte)
                index += 1
            }
        }
        return true
    }

    /// Appends `bytes` with everything escaped but RFC 3986's unreserved characters (and `/` where it may stand).
    public static func encode(_ bytes: Span<UInt8>, keepingSlash: Bool, into buffer: inout IOBuffer) {
        for index in bytes.indices {
            let byte = bytes[index]
            let isUnreserved =
                ASCII.isAlpha(byte) || ASCII.isDigit(byte) || byte == 0x2D || byte == 0x2E || byte == 0x5F
                || byte == 0x7E
            if isUnreserved || (keepingSlash && byte == 0x2F) {
                buffer.append(byte)
            } else {
                buffer.append(0x25)
                buffer.append(ASCII.hexDigit(byte >> 4, uppercase: true))
                buffer.append(ASCII.hexDigit(byte, uppercase: true))
            }
        }
    }
}
