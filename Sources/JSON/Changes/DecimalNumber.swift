import Bytes

/// What the text of a number is worth, exactly: its digits without zeros at either end, and the power of ten of the
/// last of them. `100`, `1e2` and `1.00E+2` are one number; a double would call more of them equal.
struct DecimalNumber: Equatable {
    private var digits = InlineArray<64, UInt8>(repeating: 0)
    private var count = 0
    private var power: Int64 = 0
    private var isNegative = false

    /// True when two texts of the grammar of RFC 8259 §6 are worth the same.
    static func isEqual(_ left: ByteSlice, _ right: ByteSlice, in text: borrowing IOBuffer) -> Bool {
        let one = text.readable.extracting(left)
        let other = text.readable.extracting(right)
        if one.equals(other) { return true }
        guard let one = DecimalNumber(one), let other = DecimalNumber(other) else { return false }
        return one == other
    }

    /// Nil when the exponent is beyond 18 digits: such a number equals nothing but its own text.
    private init?(_ text: Span<UInt8>) {
        var index = 0
        var isFraction = false
        if text[0] == 0x2D {
            isNegative = true
            index = 1
        }
        while index < text.count {
            let byte = text[index]
            index += 1
            if byte == 0x2E {
                isFraction = true
            } else if ASCII.isDigit(byte) {
                take(byte)
                if isFraction { power -= 1 }
            } else {
                guard let exponent = Self.exponent(text.extracting(index..<text.count)) else { return nil }
                power += exponent
                break
            }
        }
        dropZerosAtEnd()
    }

    /// Zeros before the first other digit are worth nothing.
    private mutating func take(_ digit: UInt8) {
        if count == 0 && digit == 0x30 { return }
        digits[count] = digit
        count += 1
    }

    private mutating func dropZerosAtEnd() {
        while count > 0, digits[count - 1] == 0x30 {
            count -= 1
            digits[count] = 0
            power += 1
        }
        // Zero is zero, with whatever sign and exponent.
        if count == 0 { (power, isNegative) = (0, false) }
    }

    private static func exponent(_ text: Span<UInt8>) -> Int64? {
        let hasSign = text[0] == 0x2B || text[0] == 0x2D
        var value: Int64 = 0
        for index in (hasSign ? 1 : 0)..<text.count {
            guard value < 100_000_000_000_000_000 else { return nil }
            value = value * 10 + Int64(text[index] - 0x30)
        }
        return text[0] == 0x2D ? -value : value
    }

    static func == (left: DecimalNumber, right: DecimalNumber) -> Bool {
        guard left.count == right.count, left.power == right.power, left.isNegative == right.isNegative else {
            return false
        }
        for index in 0..<left.count where left.digits[index] != right.digits[index] { return false }
        return true
    }
}
