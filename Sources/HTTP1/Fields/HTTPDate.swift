import Bytes

/// A date and time as HTTP fields write it (RFC 9110 §5.6.7), in seconds since 1970.
public enum HTTPDate {
    /// Reads any of the three forms; nil for anything else, which a precondition then ignores.
    ///
    /// The weekday must be one, but need not be the right one. A leap second is the second after it.
    /// - Parameter now: seconds since 1970, to find the century of the two-digit year of the RFC 850 form.
    public static func parse(_ text: Span<UInt8>, now: Int64) -> Int64? {
        let trimmed = text.trimmingBlanks()
        var cursor = FieldCursor(trimmed)
        let weekday = cursor.take(while: ASCII.isAlpha)
        let date: CivilDate?
        if cursor.take(0x2C) {
            date =
                index(of: weekday, in: Self.weekdays) != nil
                ? fixdate(&cursor) : longWeekday(weekday) ? rfc850(&cursor, now: now) : nil
        } else {
            date = index(of: weekday, in: Self.weekdays) != nil ? asctime(&cursor) : nil
        }
        guard let date, date.isValid, cursor.isAtEnd else { return nil }
        return date.secondsSince1970
    }

    /// ` 06 Nov 1994 08:49:37 GMT`
    private static func fixdate(_ cursor: inout FieldCursor) -> CivilDate? {
        guard cursor.take(0x20), let day = cursor.number(ofDigits: 2), cursor.take(0x20),
            let month = month(&cursor), cursor.take(0x20),
            let year = cursor.number(ofDigits: 4), cursor.take(0x20),
            let time = time(&cursor), zone(&cursor)
        else { return nil }
        return time.on(year, month, day)
    }

    /// ` 06-Nov-94 08:49:37 GMT`
    private static func rfc850(_ cursor: inout FieldCursor, now: Int64) -> CivilDate? {
        guard cursor.take(0x20), let day = cursor.number(ofDigits: 2), cursor.take(0x2D),
            let month = month(&cursor), cursor.take(0x2D),
            let short = cursor.number(ofDigits: 2), cursor.take(0x20),
            let time = time(&cursor), zone(&cursor)
        else { return nil }
        // The last century in which the date is not more than 50 years ahead.
        var latest = CivilDate(secondsSince1970: now)
        var date = time.on(latest.year - latest.year % 100 + 100 + short, month, day)
        latest.year += 50
        while date.secondsSince1970 > latest.secondsSince1970 { date.year -= 100 }
        return date
    }

    /// ` Nov  6 08:49:37 1994`
    private static func asctime(_ cursor: inout FieldCursor) -> CivilDate? {
        guard cursor.take(0x20), let month = month(&cursor), cursor.take(0x20),
            let day = cursor.take(0x20)
                ? cursor.number(ofDigits: 1) : cursor.number(ofDigits: 2),
            cursor.take(0x20), let time = time(&cursor), cursor.take(0x20),
            let year = cursor.number(ofDigits: 4)
        else { return nil }
        return time.on(year, month, day)
    }

    private struct Time {
        var hour: Int
        var minute: Int
        var second: Int

        func on(_ year: Int, _ month: Int, _ day: Int) -> CivilDate {
            CivilDate(
                year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        }
    }

    private static func time(_ cursor: inout FieldCursor) -> Time? {
        guard let hour = cursor.number(ofDigits: 2), cursor.take(0x3A),
            let minute = cursor.number(ofDigits: 2), cursor.take(0x3A),
            let second = cursor.number(ofDigits: 2)
        else { return nil }
        return Time(hour: hour, minute: minute, second: second)
    }

    private static func zone(_ cursor: inout FieldCursor) -> Bool {
        cursor.take(0x20) && cursor.take(while: ASCII.isAlpha).equals("GMT")
    }

    private static func month(_ cursor: inout FieldCursor) -> Int? {
        index(of: cursor.take(while: ASCII.isAlpha), in: months).map { $0 + 1 }
    }

    private static func index<let count: Int>(
        of word: Span<UInt8>, in names: borrowing InlineArray<count, StaticString>
    ) -> Int? {
        for index in 0..<count where word.equals(names[index]) { return index }
        return nil
    }

    private static func longWeekday(_ word: Span<UInt8>) -> Bool {
        guard word.count >= 6, word.extracting((word.count - 3)..<word.count).equals("day") else {
            return false
        }
        return word.equals("Sunday") || word.equals("Monday") || word.equals("Tuesday")
            || word.equals("Wednesday") || word.equals("Thursday") || word.equals("Friday")
            || word.equals("Saturday")
    }

    private static var weekdays: InlineArray<7, StaticString> {
        ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    }

    private static var months: InlineArray<12, StaticString> {
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    }

    /// Appends IMF-fixdate, 29 bytes: `Sun, 06 Nov 1994 08:49:37 GMT`. Years outside 0 to 9999 become the nearer end.
    public static func append(_ secondsSince1970: Int64, into buffer: inout IOBuffer) {
        let range = CivilDate.secondsShown
        let shown = min(max(secondsSince1970, range.lowerBound), range.upperBound)
        let date = CivilDate(secondsSince1970: shown)
        buffer.append(weekdays[CivilDate.weekday(ofSecondsSince1970: shown)])
        buffer.append(", ")
        buffer.append(date.day, width: 2)
        buffer.append(0x20)
        buffer.append(months[date.month - 1])
        buffer.append(0x20)
        buffer.append(date.year, width: 4)
        buffer.append(0x20)
        buffer.append(date.hour, width: 2)
        buffer.append(0x3A)
        buffer.append(date.minute, width: 2)
        buffer.append(0x3A)
        buffer.append(date.second, width: 2)
        buffer.append(" GMT")
    }
}
