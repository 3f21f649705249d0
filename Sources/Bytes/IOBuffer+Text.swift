/// Numbers and text written as the protocols want them, without a `String` in between.
extension IOBuffer {
    /// Appends the decimal digits of `value`.
    public mutating func append(decimal value: UInt64) {
        if value < 10 { return append(0x30 &+ UInt8(truncatingIfNeeded: value)) }
        if value < 100 { return append(decimal: value, length: 2) }
        append(decimal: value, length: Self.decimalLength(value))
    }

    /// How many decimal digits a value of at least 10 has; two a step.
    @inline(always)
    private static func decimalLength(_ value: UInt64) -> Int {
        var length = 2
        var bound: UInt64 = 100
        while value >= bound {
            length &+= 2
            if length == 20 { return value >= 10_000_000_000_000_000_000 ? 20 : 19 }
            bound &*= 100
        }
        return value < bound / 10 ? length &- 1 : length
    }

    public mutating func append(decimal value: Int) { append(decimal: Int64(value)) }

    public mutating func append(decimal value: Int64) {
        if value < 0 { append(0x2D) }
        append(decimal: value.magnitude)
    }

    /// Appends milliseconds as seconds with exactly three decimals: `41.250`.
    public mutating func append(secondsFromMilliseconds value: Int64) {
        if value < 0 { append(0x2D) }
        append(decimal: value.magnitude / 1000)
        append(0x2E)
        let rest = value.magnitude % 1000
        append(0x30 &+ UInt8(truncatingIfNeeded: rest / 100))
        append(0x30 &+ UInt8(truncatingIfNeeded: rest / 10 % 10))
        append(0x30 &+ UInt8(truncatingIfNeeded: rest % 10))
    }

    /// Appends the UTF-8 bytes of `text`. Not for the request line: a `String` has been allocated by then.
    public mutating func append(string text: String) {
        for byte in text.utf8 { append(byte) }
    }
}
