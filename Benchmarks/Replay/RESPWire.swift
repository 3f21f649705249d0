/// The Redis protocol: `GET` and `SET`.
struct RESPWire: Wire {
    private let getStart = Array("*2\r\n$3\r\nGET\r\n$14\r\n".utf8)
    private let setStart = Array("*3\r\n$3\r\nSET\r\n$14\r\n".utf8)
    private let length = Array("\r\n$".utf8)
    private let lineEnd = Array("\r\n".utf8)

    var overhead: Int { setStart.count + KeyText.length + length.count + 20 + 2 * lineEnd.count }

    @inline(__always)
    func writeGet(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(getStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(lineEnd, to: &at)
        return at - out
    }

    @inline(__always)
    func writePut(_ key: UInt32, size: Int, values: Values, to out: UnsafeMutablePointer<UInt8>) -> Int {
        var at = out
        append(setStart, to: &at)
        KeyText.write(key, to: at)
        at += KeyText.length
        append(length, to: &at)
        append(decimal: size, to: &at)
        append(lineEnd, to: &at)
        values.write(key, size: size, to: at)
        at += size
        append(lineEnd, to: &at)
        return at - out
    }

    @inline(__always)
    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        guard let end = Scan.lineFeed(bytes, from: 0, count: count) else { return .incomplete }
        switch bytes[0] {
        case UInt8(ascii: "+"): return .complete(asked == .put ? .stored : .refused, consumed: end + 1)
        case UInt8(ascii: "-"): return .complete(.refused, consumed: end + 1)
        case UInt8(ascii: "$"): break
        default: return .nonsense("no RESP reply")
        }
        if bytes[1] == UInt8(ascii: "-") { return .complete(.miss, consumed: end + 1) }
        guard let size = Scan.number(bytes, from: 1, to: end)?.value else { return .nonsense("a RESP length") }
        let total = end + 1 + size + 2
        guard count >= total else { return .incomplete }
        return .complete(.hit(bodyOffset: end + 1, bodyCount: size), consumed: total)
    }
}
