/// Numbers and text written as the protocols want them, without a `String` in between.
extension IOBuffer {
    /// Appends the decimal digits of `value`.
    public mutating func append(decimal value: UInt64) {
        if value < 10 { return append(0x30 &+ UInt8(truncatingIfNeeded: value)) }
        var digits: InlineArray<20, UInt8> = .init(repeating: 0)
        var start = 20
        var rest = value
        while rest > 0 {
            start -= 1
            digits[start] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
        append(digits.span.extracting(start..<20))
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
