import Bytes
import CacheModel
import Crypto

/// Where a listing goes on, as its reader is given it: opaque, and good for the same query only.
///
/// ```
/// ┌─────────┬──────┬────────────────────┬────────┬─────────┐
/// │ version │ kind │ table cursor (8)   │ key …  │ seal (8)│   in base64url
/// └─────────┴──────┴────────────────────┴────────┴─────────┘
/// ```
/// `key` is the last one shown: of the whole ordered list, or, in a walk of the table, of the step at the cursor whose
/// rows did not all fit the page. The seal is an HMAC over all that and the query. It keeps a cursor from being used
/// with another query, altered or, for a walk, carried to another process; it hides and allows nothing.
struct ListCursor: ~Copyable {
    var isOrdered: Bool
    var tableCursor: UInt64 = 0
    var key = IOBuffer()

    init(ordered: Bool) { isOrdered = ordered }

    private static var version: UInt8 { 1 }
    private static var sealBytes: Int { 8 }
    private static var headBytes: Int { 10 }

    /// Reads a cursor given for `query`; nil for any other text.
    init?(_ text: Span<UInt8>, for query: borrowing ListQuery, secret: Span<UInt8>) {
        self.init(ordered: query.ordered)
        var bytes = IOBuffer()
        guard text.count <= 8192, Base64.decode(text, .url, into: &bytes),
            bytes.count >= Self.headBytes + Self.sealBytes, bytes[0] == Self.version,
            bytes[1] == (query.ordered ? 1 : 0)
        else { return nil }
        for index in 0..<8 { tableCursor = tableCursor << 8 | UInt64(bytes[2 + index]) }
        let end = bytes.count - Self.sealBytes
        key.append(bytes.readable.extracting(Self.headBytes..<end))
        let seal = Self.seal(bytes.readable.extracting(0..<end), query, secret)
        var difference: UInt8 = 0
        for index in 0..<Self.sealBytes { difference |= bytes[end + index] ^ seal[index] }
        if difference != 0 { return nil }
    }

    /// Appends the text form.
    func append(for query: borrowing ListQuery, secret: Span<UInt8>, to out: inout IOBuffer) {
        var bytes = IOBuffer(capacity: Self.headBytes + key.count + Self.sealBytes)
        bytes.append(Self.version)
        bytes.append(isOrdered ? 1 : 0)
        for index in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: tableCursor >> UInt64(56 - index * 8))) }
        bytes.append(key.readable)
        let seal = Self.seal(bytes.readable, query, secret)
        for index in 0..<Self.sealBytes { bytes.append(seal[index]) }
        Base64.encode(bytes.readable, .url, into: &out)
    }

    /// The parts go in with their lengths, so that no two queries read alike.
    private static func seal(_ place: Span<UInt8>, _ query: borrowing ListQuery, _ secret: Span<UInt8>) -> Digest {
        var message = IOBuffer()
        append(place, to: &message)
        append(query.prefix.readable, to: &message)
        append(query.start.readable, to: &message)
        append(query.end.readable, to: &message)
        append(query.delimiter.readable, to: &message)
        return SHA256.authenticate(message.readable, key: secret)
    }

    private static func append(_ part: Span<UInt8>, to message: inout IOBuffer) {
        message.append(decimal: part.count)
        message.append(":")
        message.append(part)
    }
}
