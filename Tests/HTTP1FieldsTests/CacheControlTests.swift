import Bytes
import HTTP1
import Testing

struct CacheControlTests {
    /// `60/30/-` for max-age, stale-while-revalidate and stale-if-error, and the flags.
    private func read(_ lines: String...) -> String {
        var control = CacheControl()
        for line in lines {
            let input = bytes(line)
            do { try control.read(input.span) } catch { return "\(error)" }
        }
        let words = [control.maxAge, control.staleWhileRevalidate, control.staleIfError]
            .map { $0.map { "\($0)" } ?? "-" }.joined(separator: "/")
        return words + (control.noStore ? " no-store" : "") + (control.noCache ? " no-cache" : "")
    }

    @Test(arguments: [
        ("", "-/-/-"),
        (" , ", "-/-/-"),
        ("max-age=60", "60/-/-"),
        ("MAX-AGE=60", "60/-/-"),
        ("max-age=\"60\"", "60/-/-"),
        ("max-age=0", "0/-/-"),
        ("max-age=060", "60/-/-"),
        ("max-age=60, stale-while-revalidate=30 ,stale-if-error=90", "60/30/90"),
        ("max-age=2147483648", "2147483648/-/-"),
        ("max-age=2147483649", "2147483648/-/-"),
        ("max-age=99999999999999999999999999999", "2147483648/-/-"),
        ("no-store", "-/-/- no-store"),
        ("no-cache=\"Set-Cookie, X\", private", "-/-/- no-cache"),
        ("public, s-maxage=5, max-age=7, immutable", "7/-/-"),
        ("s-maxage=x, foo=\"a, max-age=9\", bar", "-/-/-"),
        ("max-age=60, max-age=60", "60/-/-"),
        ("max-age=60, max-age=61", "contradictory"),
        ("max-age", "malformed"),
        ("max-age=", "malformed"),
        ("max-age=-1", "malformed"),
        ("max-age=+1", "malformed"),
        ("max-age=1.5", "malformed"),
        ("max-age=1s", "malformed"),
        ("max-age=0x10", "malformed"),
        ("max-age=\"\"", "malformed"),
        ("max-age=\"6\\0\"", "malformed"),
        ("max-age =60", "malformed"),
        ("max-age= 60", "malformed"),
        ("max-age=60 60", "malformed"),
        ("max-age=60; public", "malformed"),
        ("stale-if-error=x", "malformed"),
        ("foo=\"a", "malformed"),
        ("=60", "malformed"),
        ("max-age=6\u{A0}", "malformed"),
    ])
    func `directives are read, unknown ones passed over, broken ones refused`(
        line: String, result: String
    ) {
        #expect(read(line) == result)
    }

    @Test func `several lines are one field`() {
        #expect(read("max-age=60", "no-cache", "stale-if-error=9") == "60/-/9 no-cache")
        #expect(read("max-age=60", "max-age=61") == "contradictory")
        #expect(read("max-age=60", "max-age=60") == "60/-/-")
    }

    @Test func `no variation of a line traps`() {
        vary("max-age=60, no-cache=\"a\\\"b\", x") { input in
            var control = CacheControl()
            try? control.read(input.span)
        }
    }
}

struct PreferenceTests {
    private func read(_ lines: String...) -> String {
        var preference = Preference()
        for line in lines {
            let input = bytes(line)
            preference.read(input.span)
        }
        let returning = preference.returning.map { "\($0)" } ?? "-"
        return "\(returning) " + (preference.wait.map { "\($0)" } ?? "-")
    }

    @Test(arguments: [
        ("", "- -"),
        ("return=minimal", "minimal -"),
        ("return=representation", "representation -"),
        ("return=previous", "previous -"),
        ("Return=Minimal", "minimal -"),
        ("return=\"minimal\"", "minimal -"),
        ("return = minimal", "minimal -"),
        ("return=minimal; foo=\"some parameter\"", "minimal -"),
        ("wait=10", "- 10"),
        ("wait=10, return=minimal", "minimal 10"),
        ("respond-async, wait=10", "- 10"),
        ("foo; bar, wait=3", "- 3"),
        ("foo=\"a, return=minimal\", wait=3", "- 3"),
        ("return=minimal, return=representation", "minimal -"),
        ("wait=5, wait=6", "- 5"),
        ("return=maximal", "- -"),
        ("return", "- -"),
        ("return=", "- -"),
        ("wait=x", "- -"),
        ("wait=-1", "- -"),
        ("wait=1.5", "- -"),
        ("wait=10s", "- -"),
        ("wait=99999999999999999999999", "- 2147483648"),
        ("return=minimal junk", "- -"),
        ("\"return=minimal\"", "- -"),
        ("@@@, return=minimal", "minimal -"),
        (",,,return=minimal,,", "minimal -"),
        ("\"open, return=minimal", "minimal -"),
    ])
    func `known wishes are read and all else passed over`(line: String, result: String) {
        #expect(read(line) == result)
    }

    @Test func `several lines are one field`() {
        #expect(read("return=minimal", "wait=4", "return=representation, wait=9") == "minimal 4")
    }

    @Test func `no variation of a line traps`() {
        vary("return=\"minimal\"; foo=bar, wait = 10") { input in
            var preference = Preference()
            preference.read(input.span)
        }
    }
}

struct DurationTextTests {
    private func parse(_ text: String) -> String {
        let input = bytes(text)
        do {
            let duration = try DurationText.parse(input.span)
            return "\(duration.milliseconds)~\(duration.jitterPercent)"
        } catch {
            return "\(error)"
        }
    }

    @Test(arguments: [
        ("60", "60000~0"),
        ("1ms", "1~0"),
        ("250ms", "250~0"),
        ("60s", "60000~0"),
        ("10m", "600000~0"),
        ("2h", "7200000~0"),
        ("7d", "604800000~0"),
        ("1w", "604800000~0"),
        ("060s", "60000~0"),
        ("60s~10%", "60000~10"),
        ("60~0%", "60000~0"),
        ("1w~100%", "604800000~100"),
        ("315360000", "315360000000~0"),
        ("3650d", "315360000000~0"),
        ("315360000000ms", "315360000000~0"),
        ("315360000001ms", "tooLong"),
        ("3651d", "tooLong"),
        ("9223372036854775807w", "tooLong"),
        ("99999999999999999999999999999999s", "tooLong"),
        ("000000000000000000000000000000005s", "5000~0"),
        ("0", "tooShort"),
        ("0ms", "tooShort"),
        ("0w", "tooShort"),
        ("", "noDigits"),
        ("s", "noDigits"),
        ("-1", "noDigits"),
        ("+1", "noDigits"),
        (" 1", "noDigits"),
        (".5s", "noDigits"),
        ("1.5s", "unknownUnit"),
        ("1e3", "unknownUnit"),
        ("1 s", "unknownUnit"),
        ("1S", "unknownUnit"),
        ("1M", "unknownUnit"),
        ("1y", "unknownUnit"),
        ("1us", "unknownUnit"),
        ("1h30m", "unknownUnit"),
        ("1s ", "unknownUnit"),
        ("1s~", "badJitter"),
        ("1s~10", "badJitter"),
        ("1s~%", "badJitter"),
        ("1s~101%", "badJitter"),
        ("1s~-1%", "badJitter"),
        ("1s~0010%", "badJitter"),
        ("1s~1.5%", "badJitter"),
        ("1s~10%x", "badJitter"),
        ("1s~99999999999999999999%", "badJitter"),
        ("~10%", "noDigits"),
    ])
    func `a duration is read to milliseconds`(text: String, result: String) {
        #expect(parse(text) == result)
    }

    @Test func `every failure can be told`() {
        for failure in DurationText.Failure.allCases {
            #expect(failure.message.utf8CodeUnitCount > 10)
        }
    }

    @Test func `no variation of a duration traps`() {
        vary("1234567890123456789ms~10%") { _ = try? DurationText.parse($0.span) }
    }
}
