/// Counting over HTTP: a put is a POST without a body to the path of a key, as one increment of a counter or one
/// question to a rate limit; there are no gets.
struct CountHTTPWire: Wire {
    private let answers: HTTPWire
    private let start: [UInt8]
    private let end: [UInt8]

    /// - Parameter path: what stands before the key, as in `/v1/counters/`.
    init(host: String, path: String, headers: [String]) {
        answers = HTTPWire(host: host, path: path, headers: headers)
        let fields = (["Host: \(host)", "Content-Length: 0"] + headers).map { "\r\n" + $0 }.joined()
        start = Array("POST \(path)".utf8)
        end = Array(" HTTP/1.1\(fields)\r\n\r\n".utf8)
    }

    var overhead: Int { start.count + KeyText.length + end.count }

    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int { fail("there is nothing to get here") }

    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(start, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(end, to: &at)
        return at - out
    }

    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        answers.parse(bytes, count: count, asked: asked)
    }
}

/// The same in Redis: `INCR`, or a script by its digest with the key.
struct CountRESPWire: Wire {
    private let start: [UInt8]
    private let end = Array("\r\n".utf8)

    /// - Parameter script: the SHA-1 of a script that was loaded, in 40 hexadecimal digits; nil for `INCR`.
    init(script: String?) {
        start = Array(
            (script.map { "*4\r\n$7\r\nEVALSHA\r\n$40\r\n\($0)\r\n$1\r\n1\r\n$14\r\n" }
                ?? "*2\r\n$4\r\nINCR\r\n$14\r\n").utf8)
    }

    var overhead: Int { start.count + KeyText.length + end.count }

    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int { fail("there is nothing to get here") }

    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(start, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(end, to: &at)
        return at - out
    }

    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        guard let end = Scan.lineFeed(bytes, from: 0, count: count) else { return .incomplete }
        switch bytes[0] {
        case UInt8(ascii: ":"): return .complete(.stored, consumed: end + 1)
        case UInt8(ascii: "-"): return .complete(.refused, consumed: end + 1)
        default: return .nonsense("no RESP number")
        }
    }
}
