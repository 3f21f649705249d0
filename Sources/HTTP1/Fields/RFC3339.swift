import Bytes

/// An instant as JSON bodies and parameters write it (RFC 3339 §5.6), in milliseconds since 1970.
public enum RFC3339 {
    /// Decimals of a second that are looked at; a longer fraction is refused.
    private static let fractionDigits = 9

    /// Reads `2026-01-02T03:04:05.678+02:00`; nil for anything else.
    ///
    /// The offset is required, `T` and `Z` may be lower case, and what a fraction has beyond milliseconds is cut off.
    /// A leap second is taken only where one can be, at 23:59:60 UTC, and is the second after it.
    public static func parse(_ text: Span<UInt8>) -> Int64? {
        var cursor = FieldCursor(text)
        guard let year = cursor.number(ofDigits: 4), cursor.take(0x2D),
            let month = cursor.number(ofDigits: 2), cursor.take(0x2D),
            let day = cursor.number(ofDigits: 2), cursor.take(0x54) || cursor.take(0x74),
            let hour = cursor.number(ofDigits: 2), cursor.take(0x3A),
            let minute = cursor.number(ofDigits: 2), cursor.take(0x3A),
            let second = cursor.number(ofDigits: 2),
            let fraction = fraction(&cursor), let offset = offset(&cursor), cursor.isAtEnd
        else { return nil }
        let date = CivilDate(
            year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard date.isValid else { return nil }
        let seconds = date.secondsSince1970 - Int64(offset)
        if second == 60 && seconds % 86_400 != 0 { return nil }
        return seconds * 1000 + Int64(fraction)
    }

    /// Milliseconds, 0 without a fraction; nil when it is broken.
    private static func fraction(_ cursor: inout FieldCursor) -> Int? {
        guard cursor.take(0x2E) else { return 0 }
        let digits = cursor.take(while: ASCII.isDigit)
        guard digits.count >= 1, digits.count <= fractionDigits else { return nil }
        var value = 0
        for index in 0..<3 {
            value = value * 10 + (index < digits.count ? Int(digits[index] - 0x30) : 0)
        }
        return value
    }

    /// Seconds east of UTC.
    private static func offset(_ cursor: inout FieldCursor) -> Int? {
        if cursor.take(0x5A) || cursor.take(0x7A) { return 0 }
        let isWest = cursor.take(0x2D)
        guard isWest || cursor.take(0x2B),
            let hours = cursor.number(ofDigits: 2), hours <= 23, cursor.take(0x3A),
            let minutes = cursor.number(ofDigits: 2), minutes <= 59
        else { return nil }
        let seconds = (hours * 60 + minutes) * 60
        return isWest ? -seconds : seconds
    }

    /// Appends UTC with milliseconds, 24 bytes: `2026-01-02T03:04:05.678Z`. Years outside 0 to 9999 become the nearer
    /// end.
    public static func append(milliseconds: Int64, into buffer: inout IOBuffer) {
        let range = CivilDate.secondsShown
        let shown = min(
            max(milliseconds, range.lowerBound * 1000), range.upperBound * 1000 + 999)
        let rest = (shown % 1000 + 1000) % 1000
        append(CivilDate(secondsSince1970: (shown - rest) / 1000), into: &buffer)
        buffer.append(0x2E)
        buffer.append(Int(rest), width: 3)
        buffer.append(0x5A)
    }

    /// Appends whole seconds as they are shown so many seconds east of UTC, 25 bytes: `2026-01-02T03:04:05+02:00`. An
    /// offset that is no whole minute, as before 1972, is cut to one.
    public static func append(seconds: Int64, offset: Int64, into buffer: inout IOBuffer) {
        let minutes = Int(offset / 60)
        append(CivilDate(secondsSince1970: seconds + Int64(minutes) * 60), into: &buffer)
        buffer.append(minutes < 0 ? 0x2D : 0x2B)
        buffer.append(abs(minutes) / 60, width: 2)
        buffer.append(0x3A)
        buffer.append(abs(minutes) % 60, width: 2)
    }

    private static func append(_ date: CivilDate, into buffer: inout IOBuffer) {
        buffer.append(date.year, width: 4)
        buffer.append(0x2D)
        buffer.append(date.month, width: 2)
        buffer.append(0x2D)
        buffer.append(date.day, width: 2)
        buffer.append(0x54)
        buffer.append(date.hour, width: 2)
        buffer.append(0x3A)
        buffer.append(date.minute, width: 2)
        buffer.append(0x3A)
        buffer.append(date.second, width: 2)
    }
}
