/// Scores that come one after the other, as if at random.
final class Scores {
    private var state: UInt64 = 0

    /// 0 to 2^30.
    func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        let mixed = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
        return (mixed ^ mixed >> 27) >> 34
    }
}

/// One leaderboard over HTTP: a get is a member's rank, a put a submitted score.
struct BoardHTTPWire: Wire {
    static let path = "/v1/leaderboards/race/members/"
    private let ranks: HTTPWire
    private let postStart: [UInt8]
    private let postLength: [UInt8]
    private let bodyStart = Array("\r\n\r\n{\"score\":".utf8)
    private let scores = Scores()

    init(host: String, headers: [String]) {
        ranks = HTTPWire(host: host, path: Self.path, headers: headers)
        let fields = (["Host: \(host)", "Content-Type: application/json"] + headers).map { "\r\n" + $0 }.joined()
        postStart = Array("POST \(Self.path)".utf8)
        postLength = Array(" HTTP/1.1\(fields)\r\nContent-Length: ".utf8)
    }

    var overhead: Int { max(ranks.overhead, postStart.count + KeyText.length + postLength.count + 64) }

    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int { ranks.writeGet(key, to: out) }

    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int {
        // Ten digits each time, so that the length is known.
        let score = 1_000_000_000 + Int(scores.next())
        var at = out
        append(postStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(postLength, to: &at)
        append(decimal: 20, to: &at)
        append(bodyStart, to: &at)
        append(decimal: score, to: &at)
        at[0] = UInt8(ascii: "}")
        return at + 1 - out
    }

    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        ranks.parse(bytes, count: count, asked: asked)
    }
}

/// The same of a Redis sorted set: `ZREVRANK` and `ZADD`.
struct BoardRESPWire: Wire {
    private let rankStart = Array("*3\r\n$8\r\nZREVRANK\r\n$4\r\nrace\r\n$14\r\n".utf8)
    private let addStart = Array("*4\r\n$4\r\nZADD\r\n$4\r\nrace\r\n$10\r\n".utf8)
    private let length = Array("\r\n$14\r\n".utf8)
    private let lineEnd = Array("\r\n".utf8)
    private let scores = Scores()

    var overhead: Int { rankStart.count + addStart.count + KeyText.length + 64 }

    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(rankStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(lineEnd, to: &at)
        return at - out
    }

    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(addStart, to: &at)
        append(decimal: 1_000_000_000 + Int(scores.next()), to: &at)
        append(length, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(lineEnd, to: &at)
        return at - out
    }

    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        guard let end = Scan.lineFeed(bytes, from: 0, count: count) else { return .incomplete }
        switch bytes[0] {
        case UInt8(ascii: ":"):
            let answer: Answer = asked == .put ? .stored : .hit(bodyOffset: 1, bodyCount: end - 2)
            return .complete(answer, consumed: end + 1)
        case UInt8(ascii: "$"): return .complete(.miss, consumed: end + 1)
        case UInt8(ascii: "-"): return .complete(.refused, consumed: end + 1)
        default: return .nonsense("no RESP reply")
        }
    }
}
