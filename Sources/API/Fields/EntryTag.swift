import Bytes
import CacheModel
import HTTP1

/// An entry's strong entity tag: the position of its last content change, and the coding it is sent in.
///
/// `"3.8123"` is the value as it is, `"3.8123.gz"` its gzip form: two representations must not share a tag
/// (RFC 9110 §8.8.3.3).
struct EntryTag: Equatable, Sendable {
    var position: Position
    var isGzip: Bool

    init(_ position: Position, isGzip: Bool = false) {
        self.position = position
        self.isGzip = isGzip
    }

    /// The tag with these bytes between its quotes; nil when none of ours is spelt like that.
    init?(opaque: Span<UInt8>) {
        var end = opaque.count
        let isGzip = end > 3 && opaque.extracting((end - 3)..<end).equals(".gz")
        if isGzip { end -= 3 }
        guard let dot = opaque.firstIndex(of: UInt8(ascii: ".")), dot < end,
            let epoch = Self.canonicalNumber(opaque.extracting(0..<dot)),
            let number = Self.canonicalNumber(opaque.extracting((dot + 1)..<end)),
            let position = Position(checkingEpoch: epoch, number: number)
        else { return nil }
        self.init(position, isGzip: isGzip)
    }

    /// Digits without a leading zero: tags are compared by their bytes, so one position has one spelling.
    private static func canonicalNumber(_ digits: Span<UInt8>) -> UInt64? {
        guard let value = digits.unsignedDecimalValue(), digits.count == 1 || digits[0] != 0x30 else { return nil }
        return value
    }

    func append(to out: inout IOBuffer) {
        out.append(0x22)
        appendOpaque(to: &out)
        out.append(0x22)
    }

    /// The form without quotes, for members of JSON.
    func appendOpaque(to out: inout IOBuffer) {
        out.append(decimal: position.epoch)
        out.append(0x2E)
        out.append(decimal: position.number)
        if isGzip { out.append(".gz") }
    }
}
