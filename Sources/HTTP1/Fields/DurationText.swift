import Bytes

/// A length of time as parameters and bodies write it: `250ms`, `60s`, `10m`, `2h`, `7d`, `1w`, or bare seconds; and
/// perhaps by how much it may be shortened at random, `10m~10%`.
package struct DurationText: Sendable, Equatable {
    /// Ten years: beyond it a lifetime is a mistake, and far below what milliseconds in 64 bits hold.
    package static let longest: Int64 = 10 * 365 * 24 * 3600 * 1000

    /// 1 to ``longest``.
    package var milliseconds: Int64
    /// 0 to 100; 0 when the text names none.
    package var jitterPercent: Int

    package enum Failure: Error, Sendable, Equatable, CaseIterable {
        case noDigits
        case unknownUnit
        case tooShort
        case tooLong
        case badJitter

        /// One clause for the person who sent the text.
        package var message: StaticString {
            switch self {
            case .noDigits: "a duration is digits with ms, s, m, h, d or w; bare digits are seconds"
            case .unknownUnit: "the unit of a duration is ms, s, m, h, d or w"
            case .tooShort: "a duration is at least 1 ms"
            case .tooLong: "a duration is at most 10 years"
            case .badJitter: "the jitter of a duration is ~0% to ~100%"
            }
        }
    }

    package static func parse(_ text: Span<UInt8>) throws(Failure) -> DurationText {
        var cursor = FieldCursor(text)
        let digits = cursor.take(while: ASCII.isDigit)
        if digits.isEmpty { throw .noDigits }
        guard let unit = unit(cursor.take(while: ASCII.isAlpha)) else { throw .unknownUnit }
        let jitter = try jitterPercent(&cursor)
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
    private static func jitterPercent(_ cursor: inout FieldCursor) throws(Failure) -> Int {
        if cursor.isAtEnd { return 0 }
        guard cursor.take(0x7E) else { throw .unknownUnit }
        let digits = cursor.take(while: ASCII.isDigit)
        guard digits.count <= 3, let percent = digits.decimalValue(), percent <= 100,
            cursor.take(0x25), cursor.isAtEnd
        else { throw .badJitter }
        return Int(percent)
    }
}
