import HTTP1
import Testing

/// `GET / HTTP/1.1` with the given field lines.
private func request(_ fields: String, line: String = "GET / HTTP/1.1") -> String {
    "\(line)\r\nHost: a\r\n\(fields)\r\n"
}

@Suite struct RequestLineTests {
    @Test(arguments: [
        ("GET /a HTTP/1.1", "/a"), ("GET /a?b=c HTTP/1.1", "/a"), ("GET http://a/x?y HTTP/1.1", "/x"),
        ("GET http://A HTTP/1.1", ""), ("OPTIONS * HTTP/1.1", "*"), ("GET /a HTTP/1.9", "/a"),
        ("get /a HTTP/1.1", "/a"), ("FOO /a HTTP/1.1", "/a"), ("GET //../%2e HTTP/1.1", "//../%2e"),
    ])
    func `a well-formed line is taken as it stands`(line: String, path: String) {
        let method = String(line.prefix { $0 != " " })
        #expect(parse(request("", line: line)) == [.request(method: method, path: path, body: [])])
    }

    @Test(arguments: [
        ("GET /", 400), ("GET  / HTTP/1.1", 400), ("GET /  HTTP/1.1", 400), ("GET\t/ HTTP/1.1", 400),
        ("GET / HTTP/1.1 ", 400), (" GET / HTTP/1.1", 400), ("GET /a b HTTP/1.1", 400), ("GET /\u{7F} HTTP/1.1", 400),
        ("GET /é HTTP/1.1", 400), ("GET / HTTP/2.0", 505), ("GET / HTTP/0.9", 505), ("GET / HTTP/1.32", 400),
        ("GET / HTTP/01.1", 400), ("GET / HTTP/4294967295.255", 400), ("GET / http/1.1", 400), ("GET / HTTP/1.", 400),
        ("PRI * HTTP/2.0", 400), ("GET * HTTP/1.1", 400), ("CONNECT a:1 HTTP/1.1", 501), ("G(T / HTTP/1.1", 400),
        ("GET foo HTTP/1.1", 400), ("GET ! HTTP/1.1", 400), ("GET /#x HTTP/1.1", 400), ("GET  HTTP/1.1", 400),
        ("GET http://u@a/ HTTP/1.1", 400), ("GET http://b/ HTTP/1.1", 400), ("GET ftp://a/ HTTP/1.1", 400),
        ("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1", 501),
    ])
    func `a malformed line is refused`(line: String, status: Int) {
        #expect(parse(request("", line: line)) == [.refused(status)])
    }

    @Test func `a request line over the limit is refused while it arrives`() {
        let line = "GET /" + String(repeating: "a", count: 20_000)
        #expect(parse(line) == [.refused(414)])
        let fits = "GET /" + String(repeating: "a", count: 8_000) + " HTTP/1.1"
        #expect(parse(request("", line: fits)).count == 1)
    }

    @Test func `two empty lines before a request are ignored and a third is not`() {
        #expect(parse("\r\n\r\n" + request("")) == [.request(method: "GET", path: "/", body: [])])
        #expect(parse("\r\n\r\n\r\n" + request("")) == [.refused(400)])
    }

    @Test func `bytes that start no request are refused before a line ends`() {
        #expect(parse([[0x16, 0x03, 0x01]]) == [.refused(400)])
        #expect(parse([[0x00]]) == [.refused(400)])
        #expect(parse("\n") == [.refused(400)])
    }

    @Test func `a request line that is wrong by itself is refused before the head ends`() {
        #expect(parse("GET /\r\n") == [.refused(400)])
    }
}

@Suite struct FieldTests {
    @Test(arguments: [
        "X: 1\n", "X: a\rb\r\n", " X: 1\r\n", "X: 1\r\n folded\r\n", "X : 1\r\n", ": 1\r\n", "X[]: 1\r\n", "X\r\n",
        "X: a\0b\r\n", "X: a\u{7F}\r\n", "X: a\u{01}\r\n", "Host: b\r\n", "Content_Length: 0\r\n",
        "Transfer_Encoding: chunked\r\n", "Authorization: a\r\nAuthorization: a\r\n",
        "Content-Type: a\r\ncontent-type: b\r\n",
        "Transfer-\r\nEncoding: chunked\r\n",
    ])
    func `a malformed field is refused`(fields: String) {
        #expect(parse(request(fields)) == [.refused(400)])
    }

    @Test(arguments: ["X: a\tb\r\n", "X:\r\n", "X:    a   \r\n", "X: é\r\n", "X-Y_z: 1\r\n", "x: 1\r\nx: 2\r\n"])
    func `an odd but well-formed field is ignored`(fields: String) {
        #expect(parse(request(fields)) == [.request(method: "GET", path: "/", body: [])])
    }

    @Test(arguments: ["", "a,b", "u@a", "a/b", "a b", "a:", "a:x", "a:65536", "a:123456", "[::1", "[]", ":80", "é"])
    func `an invalid host is refused`(host: String) {
        let expected: [Parsed] = host == "a:" ? [.refused(400)] : [.refused(400)]
        #expect(parse("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n") == expected)
    }

    @Test(arguments: ["a", "a:80", "127.0.0.1:8379", "[::1]:8379", "[::1]", "a_b.c-d", "a:65535"])
    func `a valid host is taken`(host: String) {
        #expect(parse("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n").first == .request(method: "GET", path: "/", body: []))
    }

    @Test func `HTTP 1.1 needs a host and HTTP 1.0 does not`() {
        #expect(parse("GET / HTTP/1.1\r\n\r\n") == [.refused(400)])
        #expect(parse("GET / HTTP/1.0\r\n\r\n") == [.request(method: "GET", path: "/", body: [])])
    }

    @Test func `too many fields and too large fields are refused`() {
        let lines = { (count: Int) in String(repeating: "X: 1\r\n", count: count) }
        #expect(parse(request(lines(99))).first != .refused(431))
        #expect(parse(request(lines(100))) == [.refused(431)])
        #expect(parse(request("X: " + String(repeating: "a", count: 17_000) + "\r\n")) == [.refused(431)])
    }

    @Test func `every known field is found by its name in any letter case`() {
        for field in KnownField.allCases {
            let name = field.name.description
            #expect(KnownField(Array(name.utf8).span) == field)
            #expect(KnownField(Array(name.uppercased().utf8).span) == field)
        }
        #expect(KnownField(Array("if-watch".utf8).span) == nil)
    }
}

@Suite struct FramingTests {
    @Test(arguments: [
        ("Content-Length: +5\r\n", 400), ("Content-Length: -0\r\n", 400), ("Content-Length: 0x10\r\n", 400),
        ("Content-Length: 1_0\r\n", 400), ("Content-Length: 5 5\r\n", 400), ("Content-Length: 1e1\r\n", 400),
        ("Content-Length: 5;\r\n", 400), ("Content-Length:\r\n", 400), ("Content-Length: 010\r\n", 400),
        ("Content-Length: 5, 5\r\n", 400), ("Content-Length: 5\r\nContent-Length: 5\r\n", 400),
        ("Content-Length: 5\r\nContent-Length: 6\r\n", 400), ("Content-Length: 9223372036854775808\r\n", 400),
        ("Content-Length: 16777217\r\n", 413), ("Content-Length: 9223372036854775807\r\n", 413),
        ("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", 400), ("Transfer-Encoding: gzip\r\n", 400),
        ("Transfer-Encoding: identity\r\n", 400), ("Transfer-Encoding: xchunked\r\n", 400),
        ("Transfer-Encoding: chunked, gzip\r\n", 400), ("Transfer-Encoding: gzip, chunked\r\n", 501),
        ("Transfer-Encoding: chunked, chunked\r\n", 400), ("Transfer-Encoding: ,chunked\r\n", 400),
        ("Transfer-Encoding: chunked,\r\n", 400), ("Transfer-Encoding: \"chunked\"\r\n", 400),
        ("Transfer-Encoding: chunked;q=1\r\n", 400), ("Transfer-Encoding: \u{A0}chunked\r\n", 400),
        ("Transfer-Encoding:\r\n", 400), ("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", 400),
    ])
    func `doubtful framing is refused`(fields: String, status: Int) {
        #expect(parse("PUT / HTTP/1.1\r\nHost: a\r\n\(fields)\r\n") == [.refused(status)])
    }

    @Test func `a coding in HTTP 1.0 is refused`() {
        #expect(parse("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == [.refused(400)])
    }

    private func chunked(_ body: String) -> String {
        "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: ChUnKeD\r\n\r\n" + body
    }

    @Test(arguments: [
        ("0\r\n\r\n", ""), ("000\r\n\r\n", ""), ("3\r\nabc\r\n0\r\n\r\n", "abc"),
        ("0000000000000003\r\nabc\r\n0\r\n\r\n", "abc"),
        ("A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789"),
        ("3;a\r\nabc\r\n0\r\n\r\n", "abc"), ("3 ; a = \"q\\\"\" ; b\r\nabc\r\n0;x=y\r\n\r\n", "abc"),
        ("3\r\nabc\r\n0\r\nX: 1\r\nY: \t2\r\n\r\n", "abc"),
    ])
    func `a chunked body is decoded`(body: String, plain: String) {
        #expect(parse(chunked(body)) == [.request(method: "PUT", path: "/", body: Array(plain.utf8))])
    }

    @Test(arguments: [
        ("0x3\r\nabc\r\n", 400), ("3_\r\n", 400), ("+3\r\n", 400), (" 3\r\n", 400), ("3 \r\nabc", 400), ("\r\n", 400),
        ("00000000000000003\r\n", 400), ("3\nabc", 400), ("3\r\nabc\n", 400), ("3\r\nabc\r\r", 400),
        ("3\r\nabcd\r\n", 400), ("3;\r\n", 400), ("3;a=\"\r\n", 400), ("3;a=\r\n", 400), ("3;a\u{01}\r\n", 400),
        ("3;" + String(repeating: "a", count: 2_000), 400), ("7FFFFFFFFFFFFFFF\r\n", 413),
        ("FFFFFFFFFFFFFFFF\r\n", 413),
        ("1000001\r\n", 413), ("0\r\nX 1\r\n", 400), ("0\r\n X: 1\r\n", 400), ("0\r\nX: 1\n", 400),
        ("0\r\nX: " + String(repeating: "a", count: 5_000), 431),
    ])
    func `a malformed chunk is refused`(body: String, status: Int) {
        #expect(parse(chunked(body)) == [.refused(status)])
    }

    @Test func `chunks that add up to more than the limit are refused before their data`() {
        var limits = HTTPLimits()
        limits.body = 5
        #expect(parse(chunked("3\r\nabc\r\n3\r\n"), limits: limits) == [.refused(413)])
        #expect(
            parse(chunked("3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"), limits: limits).first
                == .request(method: "PUT", path: "/", body: Array("abcde".utf8)))
    }
}

@Suite struct SplitTests {
    static let streams = [
        "GET /v1/keys/a HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n",
        "\r\nPUT /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhelloGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n2\r\n"
            + "de\r\n0\r\nT: 1\r\n\r\nGET /b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nX : 1\r\n\r\n",
        "PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX",
        "GET / HTTP/1.1\r\nHost: a\r\nX: 1\n\r\n",
    ]

    @Test(arguments: streams)
    func `a stream cut anywhere gives the same requests`(text: String) {
        let bytes = Array(text.utf8)
        let whole = parse([bytes])
        for cut in 0...bytes.count {
            #expect(parse([Array(bytes[..<cut]), Array(bytes[cut...])]) == whole)
        }
        #expect(parse(bytes.map { [$0] }) == whole)
    }
}
