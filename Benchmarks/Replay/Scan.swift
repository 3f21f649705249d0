import Glibc

/// Small readers over answer bytes.
enum Scan {
    /// The offset of the next line feed at or after `start`.
    @inline(__always)
    static func lineFeed(_ bytes: UnsafePointer<UInt8>, from start: Int, count: Int) -> Int? {
        guard start < count, let at = memchr(bytes + start, 0x0A, count - start) else { return nil }
        return UnsafeRawPointer(at) - UnsafeRawPointer(bytes)
    }

    /// A decimal number that begins at `start`, and the offset after it.
    @inline(__always)
    static func number(_ bytes: UnsafePointer<UInt8>, from start: Int, to end: Int) -> (value: Int, end: Int)? {
        var at = start
        var value = 0
        while at < end, case let digit = bytes[at] &- 0x30, digit < 10, value < 1 << 40 {
            value = value &* 10 &+ Int(digit)
            at &+= 1
        }
        return at == start ? nil : (value, at)
    }

    /// Whether the bytes begin with `text`, letters in either case. `text` is lower case.
    @inline(__always)
    static func starts(_ bytes: UnsafePointer<UInt8>, _ count: Int, with text: StaticString) -> Bool {
        guard count >= text.utf8CodeUnitCount else { return false }
        for index in 0..<text.utf8CodeUnitCount {
            let wanted = text.utf8Start[index]
            let isLetter = wanted >= 0x61 && wanted <= 0x7A
            if bytes[index] != wanted && !(isLetter && bytes[index] | 0x20 == wanted) { return false }
        }
        return true
    }
}
