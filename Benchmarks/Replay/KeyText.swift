/// How a numbered key is written on the wire: `key:` and ten digits, 14 bytes for every key.
enum KeyText {
    static let prefix: StaticString = "key:"
    static let digits = 10
    static let length = 14

    @inline(__always)
    static func write(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) {
        prefix.withUTF8Buffer { out.update(from: $0.baseAddress!, count: $0.count) }
        writeDigits(key, to: out + 4)
    }

    @inline(__always)
    static func writeDigits(_ key: UInt32, to out: UnsafeMutablePointer<UInt8>) {
        var rest = key
        var at = digits - 1
        while at >= 0 {
            let (quotient, remainder) = rest.quotientAndRemainder(dividingBy: 10)
            out[at] = UInt8(truncatingIfNeeded: remainder) &+ 0x30
            rest = quotient
            at &-= 1
        }
    }
}
