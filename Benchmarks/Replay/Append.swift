/// Copies `source` to `out` and steps over it.
@inline(__always)
func append(_ source: [UInt8], to out: inout UnsafeMutablePointer<UInt8>) {
    source.withUnsafeBufferPointer { out.update(from: $0.baseAddress!, count: $0.count) }
    out += source.count
}

/// Writes `number` in decimal and steps over it.
@inline(__always)
func append(decimal number: Int, to out: inout UnsafeMutablePointer<UInt8>) {
    var width = 1
    var bound = 10
    while number >= bound {
        width += 1
        bound *= 10
    }
    var rest = number
    var at = width - 1
    while at >= 0 {
        out[at] = UInt8(truncatingIfNeeded: rest % 10) &+ 0x30
        rest /= 10
        at -= 1
    }
    out += width
}
