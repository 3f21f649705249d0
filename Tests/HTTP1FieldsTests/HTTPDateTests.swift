import Bytes
import HTTP1
import Testing

struct HTTPDateTests {
    /// 2026-01-01T00:00:00Z
    private let now: Int64 = 1_767_225_600

    private func parse(_ text: String, now: Int64? = nil) -> Int64? {
        let input = bytes(text)
        return HTTPDate.parse(input.span, now: now ?? self.now)
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777),
        ("Sun Nov 16 08:49:37 1994", 784_975_777),
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Thu, 29 Feb 2024 12:00:00 GMT", 1_709_208_000),
        ("Tue, 29 Feb 2000 00:00:00 GMT", 951_782_400),
        ("Sat, 31 Dec 2016 23:59:60 GMT", 1_483_228_800),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ("Sat, 01 Jan 0000 00:00:00 GMT", -62_167_219_200),
        ("Mon, 06 Nov 1994 08:49:37 GMT", 784_111_777),
        (" Sun, 06 Nov 1994 08:49:37 GMT ", 784_111_777),
        ("Thursday, 01-Jan-26 00:00:00 GMT", 1_767_225_600),
        ("Wednesday, 01-Jan-76 00:00:00 GMT", 3_345_062_400),
        ("Saturday, 01-Jan-77 00:00:00 GMT", 220_924_800),
    ])
    func `all three forms are read`(text: String, seconds: Int64) {
        #expect(parse(text) == seconds)
    }

    @Test func `a two-digit year is never more than fifty years ahead`() {
        // Seen from the first day of 1999, 49 is 2049 and 50 is 1950; from that of 2060, 10 is 2110 and 11 is 2011.
        #expect(parse("Friday, 01-Jan-49 00:00:00 GMT", now: 915_148_800) == 2_493_072_000)
        #expect(parse("Sunday, 02-Jan-49 00:00:00 GMT", now: 915_148_800) == -662_601_600)
        #expect(parse("Sunday, 01-Jan-50 00:00:00 GMT", now: 915_148_800) == -631_152_000)
        #expect(parse("Wednesday, 01-Jan-10 00:00:00 GMT", now: 2_840_140_800) == 4_417_977_600)
        #expect(parse("Saturday, 01-Jan-11 00:00:00 GMT", now: 2_840_140_800) == 1_293_840_000)
    }

    @Test(arguments: [
        "", "0", "784111777", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 +0000", "Sun, 6 Nov 1994 08:49:37 GMT",
        "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 gmt", "Sun,06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 32 Jan 1994 08:49:37 GMT",
        "Sun, 00 Jan 1994 08:49:37 GMT", "Sun, 31 Apr 1994 08:49:37 GMT",
        "Thu, 29 Feb 2023 12:00:00 GMT", "Thu, 29 Feb 1900 12:00:00 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:37 GMT",
        "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 1994 08:49:37 GMTX",
        "Sun, 06-Nov-94 08:49:37 GMT", "Sunday, 06 Nov 1994 08:49:37 GMT",
        "Someday, 06-Nov-94 08:49:37 GMT", "Sun Nov 06 08:49 1994", "Sun Nov 6 08:49:37 1994",
        "Sun Nov  6 08:49:37 94", "Sun Nov  6 08:49:37 1994 GMT", "Xyz Nov  6 08:49:37 1994",
        "Sun, +6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov -994 08:49:37 GMT",
    ])
    func `any other form is none`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test(arguments: [
        (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (Int64.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
        (Int64.min, "Sat, 01 Jan 0000 00:00:00 GMT"),
    ])
    func `a date is written with its weekday`(seconds: Int64, text: String) {
        #expect(written { HTTPDate.append(seconds, into: &$0) } == text)
    }

    @Test func `what is written reads as the same second, over ten thousand years`() {
        var seconds: Int64 = -62_167_219_200
        while seconds <= 253_402_300_799 {
            let text = written { HTTPDate.append(seconds, into: &$0) }
            guard parse(text) == seconds, text.utf8.count == 29 else {
                Issue.record("\(seconds): \(text)")
                return
            }
            seconds += 86_400 * 173 + 12_345
        }
    }

    @Test func `no variation of a date traps`() {
        for text in ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"] {
            vary(text) { _ = HTTPDate.parse($0.span, now: now) }
        }
    }
}

struct RFC3339Tests {
    private func parse(_ text: String) -> Int64? {
        let input = bytes(text)
        return RFC3339.parse(input.span)
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01t00:00:00z", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("2026-01-02T03:04:05.678Z", 1_767_323_045_678),
        ("2026-01-02T03:04:05.678+02:00", 1_767_315_845_678),
        ("2026-01-02T03:04:05.678-23:59", 1_767_409_385_678),
        ("2026-01-02T03:04:05-00:00", 1_767_323_045_000),
        ("2026-01-02T03:04:05.1Z", 1_767_323_045_100),
        ("2026-01-02T03:04:05.12Z", 1_767_323_045_120),
        ("2026-01-02T03:04:05.1239Z", 1_767_323_045_123),
        ("2026-01-02T03:04:05.123456789Z", 1_767_323_045_123),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000),
        ("2017-01-01T00:59:60+01:00", 1_483_228_800_000),
        ("0000-01-01T00:00:00Z", -62_167_219_200_000),
        ("9999-12-31T23:59:59.999-23:59", 253_402_387_139_999),
    ])
    func `an instant is read to the millisecond`(text: String, milliseconds: Int64) {
        #expect(parse(text) == milliseconds)
    }

    @Test(arguments: [
        "", "2026", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02 03:04:05Z",
        "2026-01-02T03:04Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05.1234567890Z",
        "2026-01-02T03:04:05,1Z", "2026-01-02T03:04:05+0200", "2026-01-02T03:04:05+02",
        "2026-01-02T03:04:05+24:00", "2026-01-02T03:04:05+02:60", "2026-13-02T03:04:05Z",
        "2026-00-02T03:04:05Z", "2026-02-29T03:04:05Z", "2026-01-02T24:00:00Z",
        "2026-01-02T03:60:05Z", "2026-01-02T03:04:61Z", "2026-01-02T03:04:60Z",
        "2016-12-31T23:59:60+01:00", "+026-01-02T03:04:05Z", "12026-01-02T03:04:05Z",
        "2026-01-02T03:04:05Z ", " 2026-01-02T03:04:05Z", "2026-1-2T03:04:05Z",
    ])
    func `anything else is none`(text: String) {
        #expect(parse(text) == nil)
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_767_323_045_678, "2026-01-02T03:04:05.678Z"),
        (Int64.max, "9999-12-31T23:59:59.999Z"),
        (Int64.min, "0000-01-01T00:00:00.000Z"),
    ])
    func `an instant is written in UTC with milliseconds`(milliseconds: Int64, text: String) {
        #expect(written { RFC3339.append(milliseconds: milliseconds, into: &$0) } == text)
    }

    @Test func `what is written reads as the same instant`() {
        var instant: Int64 = -62_167_219_200_000
        while instant <= 253_402_300_799_999 {
            let text = written { RFC3339.append(milliseconds: instant, into: &$0) }
            guard parse(text) == instant else {
                Issue.record("\(instant): \(text)")
                return
            }
            instant += 30_000_000_123
        }
    }

    @Test func `no variation of an instant traps`() {
        vary("2026-01-02T03:04:05.678+02:00") { _ = RFC3339.parse($0.span) }
    }
}
