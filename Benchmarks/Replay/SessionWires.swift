/// The members of a session's data, 200 bytes of JSON: `n` is what a patch changes.
enum SessionData {
    static let userPrefix = "user-"
    private static let start = Array("{\"n\":".utf8)
    private static let user = Array(",\"user\":\"\(userPrefix)".utf8)
    private static let rest = Array("\",\"theme\":\"\(theme)\",\"cart\":\"\(cart)\"}".utf8)
    static let theme = "dark"
    static let cart = String(repeating: "c", count: 138)

    /// Writes the JSON text, whose length is ``jsonLength``.
    static func writeJSON(_ key: UInt32, number: Int, to at: inout UnsafeMutablePointer<UInt8>) {
        append(start, to: &at)
        append(decimal: number, to: &at)
        append(user, to: &at)
        KeyText.writeDigits(key, to: at)
        at += KeyText.digits
        append(rest, to: &at)
    }

    static let jsonLength = start.count + 10 + user.count + KeyText.digits + rest.count
}

/// Sessions over HTTP, under ids of the client's own: a get is the session, a put its data, or one member of it.
struct SessionHTTPWire: Wire {
    private let answers: HTTPWire
    private let getStart: [UInt8]
    private let putStart: [UInt8]
    private let headEnd = Array("\r\n\r\n".utf8)
    private let patchStart = Array("{\"data\":{\"n\":".utf8)
    private let patchEnd = Array("}}".utf8)
    private let isPatch: Bool
    private let numbers = Scores()

    init(host: String, headers: [String], isPatch: Bool) {
        self.isPatch = isPatch
        answers = HTTPWire(host: host, path: "/", headers: headers)
        let fields = (["Host: \(host)"] + headers).map { "\r\n" + $0 }.joined()
        let name = "\r\nNuthatch-Session: session-"
        getStart = Array("GET /v1/sessions/self HTTP/1.1\(fields)\(name)".utf8)
        let request =
            isPatch
            ? "PATCH /v1/sessions/self HTTP/1.1\(fields)\r\nContent-Type: application/merge-patch+json"
                + "\r\nContent-Length: 25"
            : "PUT /v1/sessions/self/data HTTP/1.1\(fields)\r\nContent-Type: application/json"
                + "\r\nContent-Length: \(SessionData.jsonLength)"
        putStart = Array((request + name).utf8)
    }

    var overhead: Int { putStart.count + KeyText.length + SessionData.jsonLength + 16 }

    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(getStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(headEnd, to: &at)
        return at - out
    }

    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int {
        // Ten digits each time, so that the length is known.
        let number = 1_000_000_000 + Int(numbers.next())
        var at = out
        append(putStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(headEnd, to: &at)
        if isPatch {
            append(patchStart, to: &at)
            append(decimal: number, to: &at)
            append(patchEnd, to: &at)
        } else {
            SessionData.writeJSON(key, number: number, to: &at)
        }
        return at - out
    }

    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        answers.parse(bytes, count: count, asked: asked)
    }
}

/// The same of Redis hashes: `HGETALL`, and `HSET` of all fields or of one.
struct SessionRESPWire: Wire {
    private let readStart = Array("*2\r\n$7\r\nHGETALL\r\n$14\r\n".utf8)
    private let fillStart = Array("*10\r\n$4\r\nHSET\r\n$14\r\n".utf8)
    private let patchStart = Array("*4\r\n$4\r\nHSET\r\n$14\r\n".utf8)
    private let number = Array("\r\n$1\r\nn\r\n$10\r\n".utf8)
    private let user = Array("\r\n$4\r\nuser\r\n$15\r\n\(SessionData.userPrefix)".utf8)
    private let rest = Array(
        "\r\n$5\r\ntheme\r\n$4\r\n\(SessionData.theme)\r\n$4\r\ncart\r\n$138\r\n\(SessionData.cart)".utf8)
    private let lineEnd = Array("\r\n".utf8)
    private let isPatch: Bool
    private let numbers = Scores()

    init(isPatch: Bool) { self.isPatch = isPatch }

    var overhead: Int { fillStart.count + number.count + user.count + rest.count + 64 }

    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(readStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(lineEnd, to: &at)
        return at - out
    }

    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(isPatch ? patchStart : fillStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(number, to: &at)
        append(decimal: 1_000_000_000 + Int(numbers.next()), to: &at)
        if !isPatch {
            append(user, to: &at)
            KeyText.writeDigits(key, to: at)
            at += KeyText.digits
            append(rest, to: &at)
        }
        append(lineEnd, to: &at)
        return at - out
    }

    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        guard let end = Scan.lineFeed(bytes, from: 0, count: count) else { return .incomplete }
        switch bytes[0] {
        case UInt8(ascii: ":"): return .complete(.stored, consumed: end + 1)
        case UInt8(ascii: "-"): return .complete(.refused, consumed: end + 1)
        case UInt8(ascii: "*"): break
        default: return .nonsense("no RESP reply")
        }
        guard let parts = Scan.number(bytes, from: 1, to: end)?.value else { return .nonsense("a RESP length") }
        if parts == 0 { return .complete(.miss, consumed: end + 1) }
        var at = end + 1
        for _ in 0..<parts {
            guard let line = Scan.lineFeed(bytes, from: at, count: count) else { return .incomplete }
            guard let size = Scan.number(bytes, from: at + 1, to: line)?.value else {
                return .nonsense("a RESP length")
            }
            at = line + 1 + size + 2
            if at > count { return .incomplete }
        }
        return .complete(.hit(bodyOffset: end + 1, bodyCount: at - end - 1), consumed: at)
    }
}
