import Bytes

/// One member of a gzip stream that says how long it is, so that a reader finds the next without inflating, and several
/// threads can work on one stream: gzip's own header cannot say that, its extra field (RFC 1952 §2.3.1.1) can.
///
/// ```
///  0  1F 8B, 8 deflate, 4 extra field, no time, no level, 255 system     10
/// 10  bytes of the extra field: 12 and the label's                        2
/// 12  "Nh", bytes of the subfield: 8 and the label's                      4
/// 16  bytes of the whole member                                           4
/// 20  bytes it inflates to                                                4
/// 24  the label, the caller's to fill
///     deflated bytes
///     CRC-32 of what they inflate to, and its length modulo 2^32          8
/// ```
/// Numbers are little endian. Any gunzip reads the stream.
package enum GzipMember {
    /// Where the label starts.
    package static let labelOffset = 24
    static let trailerBytes = 8
    static let subfieldBytes = 8

    /// The least a member with a label of so many bytes can be: two bytes deflate nothing.
    package static func smallest(label: Int) -> Int { labelOffset + label + trailerBytes + 2 }

    /// What a member says of itself before it is inflated.
    package struct Head: Sendable, Equatable {
        /// Bytes of the member, its own head included.
        package var length: Int
        /// Bytes it inflates to.
        package var inflatedLength: Int
        package var labelCount: Int

        /// Where the label lies, from the member's start.
        package var label: Range<Int> { GzipMember.labelOffset..<GzipMember.labelOffset + labelCount }
    }

    /// The head of the member that `bytes` begin with; they need to reach as far as the label. Its lengths are as they
    /// stand there: the caller bounds them.
    package static func head(_ bytes: Span<UInt8>, label: Int) throws(Gzip.Failure) -> Head {
        guard bytes.count >= labelOffset + label else { throw .malformed }
        var expected = IOBuffer()
        appendStart(label: label, to: &expected)
        guard bytes.extracting(0..<16).elementsEqual(expected.readable) else { throw .malformed }
        let head = Head(
            length: number(bytes, at: 16), inflatedLength: number(bytes, at: 20), labelCount: label)
        // Deflate makes at most 1032 bytes out of one.
        guard head.length >= smallest(label: label), head.inflatedLength <= head.length * 1032 else {
            throw .malformed
        }
        return head
    }

    /// The sixteen bytes that every member with such a label begins with.
    static func appendStart(label: Int, to output: inout IOBuffer) {
        output.append([0x1F, 0x8B, 8, 4, 0, 0, 0, 0, 0, 255])
        appendTwo(subfieldBytes + 4 + label, to: &output)
        output.append("Nh")
        appendTwo(subfieldBytes + label, to: &output)
    }

    private static func appendTwo(_ number: Int, to output: inout IOBuffer) {
        output.append(UInt8(truncatingIfNeeded: number))
        output.append(UInt8(truncatingIfNeeded: number >> 8))
    }

    static func appendFour(_ number: UInt32, to output: inout IOBuffer) {
        for shift in [0, 8, 16, 24] as [UInt32] { output.append(UInt8(truncatingIfNeeded: number >> shift)) }
    }

    static func number(_ bytes: Span<UInt8>, at offset: Int) -> Int {
        var number = 0
        for index in 0..<4 { number |= Int(bytes[offset + index]) << (8 * index) }
        return number
    }
}

extension Span where Element == UInt8 {
    fileprivate func elementsEqual(_ other: Span<UInt8>) -> Bool {
        guard count == other.count else { return false }
        for index in indices where self[index] != other[index] { return false }
        return true
    }
}
