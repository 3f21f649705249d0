/// HTTP/1.1 with keep-alive: `GET` and `PUT` of `/v1/keys/NAME`, or `POST` in place of `PUT`.
struct HTTPWire: Wire {
    private let getStart: [UInt8]
    private let putStart: [UInt8]
    private let getEnd: [UInt8]
    private let putLength: [UInt8]
    private let headEnd: [UInt8] = Array("\r\n\r\n".utf8)

    init(host: String, path: String, headers: [String], posts: Bool = false) {
        let fields = (["Host: \(host)"] + headers).map { "\r\n" + $0 }.joined()
        getStart = Array("GET \(path)".utf8)
        putStart = Array("\(posts ? "POST" : "PUT") \(path)".utf8)
        getEnd = Array(" HTTP/1.1\(fields)\r\n\r\n".utf8)
        putLength = Array(" HTTP/1.1\(fields)\r\nContent-Length: ".utf8)
    }

    var overhead: Int { putStart.count + KeyText.length + putLength.count + 20 + headEnd.count }

    @inline(__always)
    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(getStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(getEnd, to: &at)
        return at - out
    }

    @inline(__always)
    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(putStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(putLength, to: &at)
        append(decimal: size, to: &at)
        append(headEnd, to: &at)
        values.write(key, size: size, to: at)
        return at - out + size
    }

    /// Reads one response. The body must be measured by `Content-Length`, or absent as 204 has none.
    @inline(__always)
    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        guard let firstEnd = Scan.lineFeed(bytes, from: 0, count: count) else { return .incomplete }
        guard firstEnd >= 12, Scan.starts(bytes, firstEnd, with: "http/1."),
            let status = Scan.number(bytes, from: 9, to: firstEnd)?.value
        else { return .nonsense("no HTTP/1.1 status line") }

        var length: Int? = status == 204 || status == 304 ? 0 : nil
        var start = firstEnd + 1
        while true {
            guard let end = Scan.lineFeed(bytes, from: start, count: count) else { return .incomplete }
            let width = end - start
            if width <= 1 {
                start = end + 1
                break
            }
            let first = bytes[start] | 0x20
            if first == 0x63, Scan.starts(bytes + start, width, with: "content-length:") {
                var at = start + 15
                while at < end, bytes[at] == 0x20 { at += 1 }
                if length == nil { length = Scan.number(bytes, from: at, to: end)?.value }
            } else if first == 0x74, Scan.starts(bytes + start, width, with: "transfer-encoding:") {
                return .nonsense("a chunked response; this client reads Content-Length only")
            }
            start = end + 1
        }
        guard let length else { return .nonsense("a response without Content-Length") }
        guard count - start >= length else { return .incomplete }
        return .complete(answer(status, asked, bodyOffset: start, bodyCount: length), consumed: start + length)
    }

    @inline(__always)
    private func answer(_ status: Int, _ asked: Request.Operation, bodyOffset: Int, bodyCount: Int) -> Answer {
        switch (asked, status) {
        case (.get, 200): .hit(bodyOffset: bodyOffset, bodyCount: bodyCount)
        case (.get, 404): .miss
        case (.put, 200), (.put, 201), (.put, 204): .stored
        default: .refused
        }
    }
}
