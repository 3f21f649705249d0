/// A length of time as parameters and bodies write it: `250ms`, `60s`, `10m`, `2h`, `7d`, `1w`, or bare seconds; and
/// perhaps by how much it may be shortened at random, `10m~10%`.
public struct DurationText: Sendable, Equatable {
    /// Ten years: beyond it a lifetime is a mistake, and far below what milliseconds in 64 bits hold.
    public static let longest: Int64 = 10 * 365 * 24 * 3600 * 1000

    /// 1 to ``longest``.
    public var milliseconds: Int64
    /// 0 to 100; 0 when the text names none.
    public var jitterPercent: Int

    public enum Failure: Error, Sendable, Equatable, CaseIterable {
        case noDigits
        case unknownUnit
        case tooShort
        case tooLong
        case badJitter

        /// One clause for the person who sent the text.
        public var message: StaticString {
            switch self {
            case .noDigits: "a duration is digits with ms, s, m, h, d or w; bare digits are seconds"
            case .unknownUnit: "the unit of a duration is ms, s, m, h, d or w"
            case .tooShort: "a duration is at least 1 ms"
            case .tooLong: "a duration is at most 10 years"
            case .badJitter: "the jitter of a duration is ~0% to ~100%"
            }
        }
    }

    public static func parse(_ text: Span<UInt8>) throws(Failure) -> DurationText {
        let digits = text.extracting(0..<end(of: text, from: 0, while: ASCII.isDigit))
        if digits.isEmpty { throw .noDigits }
        let unitEnd = end(of: text, from: digits.count, while: ASCII.isAlpha)
        guard let unit = unit(text.extracting(digits.count..<unitEnd)) else { throw .unknownUnit }
        let jitter = try jitterPercent(text.extracting(unitEnd..<text.count))
        // Past the limit it no longer matters by how much; this also keeps the product small.
        var amount: Int64 = 0
        for index in digits.indices {
            amount = min(amount * 10 + Int64(digits[index] - 0x30), longest + 1)
        }
        let (milliseconds, overflow) = amount.multipliedReportingOverflow(by: unit)
        if overflow || milliseconds > longest { throw .tooLong }
        if milliseconds < 1 { throw .tooShort }
        return DurationText(milliseconds: milliseconds, jitterPercent: jitter)
    }

    /// Writes a length of time in the largest unit that takes no fraction: `90s`, `30m`.
    public static func append(milliseconds: Int64, to buffer: inout IOBuffer) {
        let units: [(StaticString, Int64)] = [
            ("w", 604_800_000), ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000),
        ]
        for (name, length) in units where milliseconds % length == 0 {
            buffer.append(decimal: milliseconds / length)
            return buffer.append(name)
        }
        buffer.append(decimal: milliseconds)
        buffer.append("ms")
    }

    private static func end(of text: Span<UInt8>, from start: Int, while isTaken: (UInt8) -> Bool) -> Int {
        var end = start
        while end < text.count, isTaken(text[end]) { end += 1 }
        return end
    }

    /// Milliseconds in a unit.
    private static func unit(_ name: Span<UInt8>) -> Int64? {
        if name.isEmpty || name.equals("s") { return 1000 }
        if name.equals("ms") { return 1 }
        if name.equals("m") { return 60_000 }
        if name.equals("h") { return 3_600_000 }
        if name.equals("d") { return 86_400_000 }
        if name.equals("w") { return 604_800_000 }
        return nil
    }

    /// The rest of the text: nothing, or `~10%`.
    private static func jitterPercent(_ rest: Span<UInt8>) throws(Failure) -> Int {
        if rest.isEmpty { return 0 }
        guard rest[0] == 0x7E else { throw .unknownUnit }
        guard rest.count >= 3, rest.count <= 5, rest[rest.count - 1] == 0x25,
            let percent = rest.extracting(1..<rest.count - 1).decimalValue(), percent <= 100
        else { throw .badJitter }
        return Int(percent)
    }
}
