import Bytes

/// What a setting's text means. Digits are read by `Bytes`, for `Int(_:)` takes signs.
package enum SettingText {
    /// Decimal digits in `range`.
    static func number(_ text: String, in range: ClosedRange<Int>) throws(SettingFailure) -> Int {
        guard let value = Array(text.utf8).span.decimalValue(), range.contains(Int(value)) else {
            throw SettingFailure(text, allowed: "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return Int(value)
    }

    static func boolean(_ text: String) throws(SettingFailure) -> Bool {
        switch text {
        case "true", "1": return true
        case "false", "0": return false
        default: throw SettingFailure(text, allowed: "true or false")
        }
    }

    /// Bytes: digits alone, or with a unit. `kb` is 1,024 bytes, as `kib` is.
    static func bytes(_ text: String, in range: ClosedRange<Int>) throws(SettingFailure) -> Int {
        let shift: Int? =
            switch unit(of: text) {
            case "", "b": 0
            case "kb", "kib": 10
            case "mb", "mib": 20
            case "gb", "gib": 30
            case "tb", "tib": 40
            default: nil
            }
        if let shift, let value = scaled(text, by: 1 << shift), range.contains(value) { return value }
        let ends = "\(byteText(range.lowerBound)) to \(byteText(range.upperBound))"
        throw SettingFailure(text, allowed: "a size from \(ends), in bytes or with kb, mb, gb or tb, as in 64mb")
    }

    /// A duration: digits with a unit, or digits alone for seconds.
    package static func duration(_ text: String, in range: ClosedRange<Duration>) throws(SettingFailure) -> Duration {
        let unitMilliseconds: Int? =
            switch unit(of: text) {
            case "ms": 1
            case "", "s": 1000
            case "m": 60_000
            case "h": 3_600_000
            case "d": 86_400_000
            default: nil
            }
        if let unitMilliseconds, let value = scaled(text, by: unitMilliseconds),
            range.contains(.milliseconds(value))
        {
            return .milliseconds(value)
        }
        let ends = "\(durationText(range.lowerBound)) to \(durationText(range.upperBound))"
        throw SettingFailure(text, allowed: "a duration from \(ends), with ms, s, m or h, as in 500ms")
    }

    /// The shortest form of a size, as `bytes` reads it.
    static func byteText(_ bytes: Int) -> String {
        for (shift, unit) in [(40, "tb"), (30, "gb"), (20, "mb"), (10, "kb")]
        where bytes > 0 && bytes % (1 << shift) == 0 {
            return "\(bytes >> shift)\(unit)"
        }
        return String(bytes)
    }

    /// The shortest form of a duration, as `duration` reads it.
    static func durationText(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        if milliseconds % 1000 != 0 { return "\(milliseconds)ms" }
        if milliseconds > 0 && milliseconds % 3_600_000 == 0 { return "\(milliseconds / 3_600_000)h" }
        return "\(milliseconds / 1000)s"
    }

    /// What follows the digits, in lower case.
    private static func unit(of text: String) -> String {
        String(decoding: text.utf8.drop(while: ASCII.isDigit).map(ASCII.lowercased), as: UTF8.self)
    }

    /// The leading digits times `factor`; nil without digits and past the largest number.
    private static func scaled(_ text: String, by factor: Int) -> Int? {
        guard let value = Array(text.utf8.prefix(while: ASCII.isDigit)).span.decimalValue() else { return nil }
        let (product, overflow) = Int(value).multipliedReportingOverflow(by: factor)
        return overflow ? nil : product
    }
}
