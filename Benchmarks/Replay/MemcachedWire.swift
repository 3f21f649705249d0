/// The text protocol of memcached: `get` and `set`.
struct MemcachedWire: Wire {
    private let getStart = Array("get ".utf8)
    private let setStart = Array("set ".utf8)
    private let options = Array(" 0 0 ".utf8)
    private let lineEnd = Array("\r\n".utf8)

    var overhead: Int { setStart.count + KeyText.length + options.count + 20 + 2 * lineEnd.count }

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
        append(options, to: &at)
        append(decimal: size, to: &at)
        append(lineEnd, to: &at)
        values.write(key, size: size, to: at)
        at += size
        append(lineEnd, to: &at)
        return at - out
    }

    /// `VALUE <key> <flags> <size>`, the value and `END`; or one line.
    @inline(__always)
    func parse(_ bytes: UnsafePointer<UInt8>, count: Int, asked: Request.Operation) -> Parsed {
        guard let end = Scan.lineFeed(bytes, from: 0, count: count) else { return .incomplete }
        if asked == .put {
            return .complete(Scan.starts(bytes, end, with: "stored") ? .stored : .refused, consumed: end + 1)
        }
        if Scan.starts(bytes, end, with: "end") { return .complete(.miss, consumed: end + 1) }
        guard Scan.starts(bytes, end, with: "value ") else { return .complete(.refused, consumed: end + 1) }
        var at = end - 1
        while at > 0, bytes[at - 1] != 0x20 { at -= 1 }
        guard let size = Scan.number(bytes, from: at, to: end)?.value else { return .nonsense("a VALUE line") }
        let total = end + 1 + size + 2 + 5
        guard count >= total else { return .incomplete }
        return .complete(.hit(bodyOffset: end + 1, bodyCount: size), consumed: total)
    }
}
