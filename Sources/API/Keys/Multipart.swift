import Bytes
import HTTP1

/// What stands between the parts of a `multipart/byteranges` body (RFC 9110 §14.6), written ahead so that the length of
/// the whole is known before its first byte goes out.
struct Multipart: ~Copyable {
    private let boundary: UInt64
    private var text = IOBuffer()
    private var ends: InlineArray<17, Int> = .init(repeating: 0)
    private var filled = 0

    /// - Parameter boundary: a random number. That a value holds it is as likely as guessing it.
    init(boundary: UInt64) { self.boundary = boundary }

    /// Bytes of all that is not part of a value.
    var count: Int { text.count }

    mutating func appendHead(
        of part: Range<Int>, length: Int, _ fields: EntityFields, _ stored: borrowing IOBuffer
    ) {
        text.append(filled == 0 ? "--" : "\r\n--")
        Self.append(boundary, to: &text)
        text.append("\r\nContent-Type: ")
        fields.appendType(from: stored.readable, to: &text)
        text.append("\r\nContent-Range: ")
        ContentRange.append(part, ofLength: length, into: &text)
        text.append("\r\n\r\n")
        close()
    }

    mutating func appendEnd() {
        text.append("\r\n--")
        Self.append(boundary, to: &text)
        text.append("--\r\n")
        close()
    }

    private mutating func close() {
        ends[filled] = text.count
        filled += 1
    }

    /// Sixteen hexadecimal digits.
    func appendBoundary(to out: inout IOBuffer) { Self.append(boundary, to: &out) }

    private static func append(_ boundary: UInt64, to out: inout IOBuffer) {
        for digit in 0..<16 {
            out.append(ASCII.hexDigit(UInt8(truncatingIfNeeded: boundary >> UInt64(60 - digit * 4))))
        }
    }

    /// Writes what stands before part number `index`, or the end.
    func write(_ index: Int, to response: inout ResponseWriter) {
        let start = index == 0 ? 0 : ends[index - 1]
        response.body(text.readable.extracting(start..<ends[index]))
    }
}
