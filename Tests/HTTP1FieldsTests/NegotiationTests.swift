import Bytes
import HTTP1
import Testing

struct AcceptEncodingTests {
    /// The codings taken, of gzip, identity and br; `+` when gzip is preferred.
    private func read(_ lines: [String]) -> String {
        var accept = AcceptEncoding()
        let brotli = bytes("br")
        for line in lines {
            let input = bytes(line)
            accept.read(input.span, other: brotli.span)
        }
        let words = [
            accept.acceptsGzip ? "gzip" : nil, accept.acceptsIdentity ? "identity" : nil,
            accept.acceptsOther ? "br" : nil,
        ].compactMap { $0 }
        return words.joined(separator: " ") + (accept.prefersGzip ? " +" : "")
    }

    @Test(arguments: [
        ([], "gzip identity br"),
        ([""], "identity"),
        (["gzip"], "gzip identity +"),
        (["GZip"], "gzip identity +"),
        (["x-gzip"], "gzip identity +"),
        (["gzip, br"], "gzip identity br +"),
        (["gzip", "BR"], "gzip identity br +"),
        (["*"], "gzip identity br +"),
        (["*;q=0"], ""),
        (["identity"], "identity"),
        (["identity;q=0"], ""),
        (["gzip, identity;q=0"], "gzip +"),
        (["gzip, *;q=0"], "gzip +"),
        (["identity, *;q=0"], "identity"),
        (["gzip;q=0, *"], "identity br"),
        (["gzip;q=0.5, identity"], "gzip identity"),
        (["gzip;q=0.5, identity;q=0.5"], "gzip identity +"),
        (["gzip;q=0.001"], "gzip identity +"),
        (["gzip;q=0"], "identity"),
        (["gzip;q=0.000"], "identity"),
        (["gzip ; Q=0"], "identity"),
        (["gzip;q=1.001, br"], "identity br"),
        (["gzip;q=2"], "identity"),
        (["gzip;q=-1"], "identity"),
        (["gzip;q=0.1234"], "identity"),
        (["gzip;q="], "identity"),
        (["gzip;q"], "identity"),
        (["gzip;x=1"], "identity"),
        (["gzip q=1"], "identity"),
        (["deflate, compress"], "identity"),
        (["gzipx, xgzip"], "identity"),
        (["@, gzip"], "gzip identity +"),
    ])
    func `codings are taken by name, wildcard and weight`(lines: [String], result: String) {
        #expect(read(lines) == result)
    }

    @Test func `no variation of a line traps`() {
        vary("gzip;q=0.5, *;q=0") { input in
            var accept = AcceptEncoding()
            accept.read(input.span)
        }
    }
}

struct AcceptTests {
    private func best<let count: Int>(
        _ offers: InlineArray<count, MediaOffer>, _ lines: String...
    ) -> Int? {
        var accept = Accept(offers: count)
        for line in lines {
            let input = bytes(line)
            accept.read(input.span, offers)
        }
        return accept.best
    }

    @Test(
        arguments: [
            ("*/*", 0),
            ("text/*", 1),
            ("text/plain", 1),
            ("TEXT/Plain", 1),
            ("text/plain; charset=utf-8", 1),
            ("text/plain; charset=\"UTF-8\"", 1),
            ("text/plain;charset=latin1", nil),
            ("text/plain;format=flowed", nil),
            ("application/json", nil),
            ("application/problem+json", 0),
            ("application/*", 0),
            ("text/plain, */*", 0),
            ("text/plain, */*;q=0.9", 1),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", 2),
            ("application/problem+json;q=0.5, text/plain;q=0.6", 1),
            ("text/*;q=0.3, text/plain;q=0.7, */*;q=0.5", 1),
            ("text/*, text/plain;q=0, */*;q=0.1", 2),
            ("*/*;q=0", nil),
            ("image/png", nil),
            ("", nil),
            ("text", nil),
            ("*/plain", nil),
            ("text/", nil),
            ("text/plain;q=x", nil),
            ("text/plain;q=x, text/html", 2),
            ("text/plain html, text/html", 2),
            ("text/plain;q=0.5;ext=1", nil),
        ] as [(String, Int?)])
    func `the best offer wins by specificity, then weight, then order`(line: String, index: Int?) {
        #expect(best([.problem, .text, .html], line) == index)
    }

    @Test func `a client that says nothing takes the first offer`() {
        #expect(best([.json, .text]) == 0)
        #expect(Accept.best(of: [.json, .text], by: nil) == 0)
    }

    @Test func `several lines are one field`() {
        #expect(best([.json, .text], "application/json;q=0.1", "text/plain") == 1)
        #expect(best([.json, .text], "text/plain;q=0", "*/*") == 0)
        #expect(best([.json, .text], "*/*", "application/json;q=0.5") == 1)
    }

    @Test func `a scraper gets the exposition format of the version it names`() {
        let offers: InlineArray<2, MediaOffer> = [.text, .openMetrics]
        #expect(
            best(
                offers,
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
                    + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1") == 1)
        #expect(best(offers, "application/openmetrics-text;version=0.0.1, */*;q=0.1") == 0)
    }

    @Test func `no variation of a line traps`() {
        vary("text/plain;q=0.5;charset=\"utf-8\", */*") { input in
            _ = Accept.best(of: [.json, .text], by: input.span)
        }
    }
}

struct MediaTypeTests {
    private func parse(_ field: String) -> String {
        let input = bytes(field)
        guard let type = MediaType.parse(input.span) else { return "none" }
        let charset = optionalText(type.parameter("charset")) ?? "-"
        return "\(text(type.type))|\(text(type.subtype))|\(charset)"
    }

    @Test(arguments: [
        ("text/plain", "text|plain|-"),
        ("text/plain;charset=utf-8", "text|plain|utf-8"),
        (" text/plain ; x=1 ; Charset=\"utf-8\" ", "text|plain|utf-8"),
        ("text/plain;", "text|plain|-"),
        ("text/plain;;charset=a;charset=b", "text|plain|a"),
        ("application/vnd.api+json", "application|vnd.api+json|-"),
        ("", "none"),
        ("text", "none"),
        ("text/", "none"),
        ("/plain", "none"),
        ("text /plain", "none"),
        ("text/plain x", "none"),
        ("text/plain, text/html", "none"),
        ("text/plain;charset", "none"),
        ("text/plain;charset=", "none"),
        ("text/plain;charset =a", "none"),
        ("text/plain;charset=\"a", "none"),
        ("text/plain;charset=a,b", "none"),
        ("te\u{E9}t/plain", "none"),
    ])
    func `a content type is read or refused whole`(field: String, result: String) {
        #expect(parse(field) == result)
    }

    @Test(arguments: [
        ("text/plain", true), ("Text/HTML; charset=utf-8", true), ("application/json", true),
        ("application/problem+json", true), ("image/svg+xml", true), ("application/xml", true),
        ("application/javascript", true), ("text/javascript", true), ("application/wasm", true),
        ("application/x-ndjson", true), ("font/ttf", true), ("text/event-stream", false),
        ("image/png", false), ("image/jpeg", false), ("application/octet-stream", false),
        ("application/gzip", false), ("application/zip", false), ("video/mp4", false),
        ("font/woff2", false), ("application/+json", false), ("application/pdf", false),
    ])
    func `text in any form is compressible`(field: String, isCompressible: Bool) {
        let input = bytes(field)
        let result = MediaType.parse(input.span)?.isCompressible
        #expect(result == isCompressible)
    }

    @Test(arguments: [
        ("application/json", true), ("Application/JSON;charset=utf-8", true),
        ("application/merge-patch+json", true), ("text/json", false), ("application/jsonx", false),
    ])
    func `JSON is known by name and by suffix`(field: String, isJSON: Bool) {
        let input = bytes(field)
        let result = MediaType.parse(input.span)?.isJSON
        #expect(result == isJSON)
    }

    @Test func `no variation of a content type traps`() {
        vary("text/plain; charset=\"utf-8\"; x=y") { input in
            guard let type = MediaType.parse(input.span) else { return }
            _ = type.parameter("charset")
            _ = type.isCompressible
        }
    }
}

struct AuthorizationTests {
    @Test(
        arguments: [
            ("Bearer abc", "abc"),
            ("bearer abc", "abc"),
            ("BEARER   abc", "abc"),
            ("Bearer a-b.c_d~e+f/g==", "a-b.c_d~e+f/g=="),
            (" Bearer abc ", "abc"),
            ("Bearer", nil),
            ("Bearer ", nil),
            ("Bearer =", nil),
            ("Bearer\tabc", nil),
            ("Bearer a=b", nil),
            ("Bearer abc def", nil),
            ("Bearer abc,", nil),
            ("Bearer abc, Basic x", nil),
            ("Bearer \"abc\"", nil),
            ("Bearer a\u{E9}", nil),
            ("Bearerabc", nil),
            ("Basic YTpi", nil),
            ("abc", nil),
            ("", nil),
        ] as [(String, String?)])
    func `a bearer token is one run of token bytes`(field: String, token: String?) {
        let input = bytes(field)
        let found = optionalText(Authorization.bearerToken(input.span))
        #expect(found == token)
    }
}
