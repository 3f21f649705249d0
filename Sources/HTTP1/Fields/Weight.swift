import Bytes

/// A quality value (RFC 9110 §12.4.2), in thousandths.
enum Weight {
    static let full: Int16 = 1000

    /// `0` or `1` with up to three decimals; nil for anything else.
    static func parse(_ text: Span<UInt8>) -> Int16? {
        guard text.count >= 1, text.count <= 5 else { return nil }
        guard text[0] == 0x30 || text[0] == 0x31 else { return nil }
        if text.count > 1 && text[1] != 0x2E { return nil }
        var value = Int16(text[0] - 0x30) * 1000
        var unit: Int16 = 100
        var index = 2
        while index < text.count {
            guard ASCII.isDigit(text[index]) else { return nil }
            value += Int16(text[index] - 0x30) * unit
            unit /= 10
            index += 1
        }
        return value <= full ? value : nil
    }
}
