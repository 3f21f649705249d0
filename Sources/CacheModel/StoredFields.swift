import Bytes

/// The header fields kept with a value, in as few bytes as they need.
///
/// ```
/// ┌────┬───────┬───────┐
/// │ id │ count │ bytes │ …      id: 1 byte; count: 2 bytes, little endian
/// └────┴───────┴───────┘
/// ```
/// A media type from ``wellKnownTypes`` takes 2 bytes (id `knownType`, index) instead. An entry without fields has an
/// empty form and costs nothing.
public enum StoredFields {
    public enum Name: UInt8, Sendable, CaseIterable {
        case knownType = 1
        case contentType = 2
        case contentEncoding = 3
        case contentLanguage = 4
        case contentDisposition = 5
        case cacheControl = 6
    }

    /// Media types written as one byte. Only ever append: the index is stored.
    public static let wellKnownTypes: [StaticString] = [
        "application/json", "text/plain", "text/html", "text/plain; charset=utf-8", "text/html; charset=utf-8",
        "application/json; charset=utf-8", "application/x-www-form-urlencoded", "image/png", "image/jpeg",
        "image/gif", "image/webp", "image/svg+xml", "text/css", "text/javascript", "application/javascript",
        "application/xml", "text/xml", "text/csv", "application/pdf", "application/zip", "application/gzip",
        "application/problem+json", "application/x-ndjson", "application/msgpack", "application/cbor",
        "application/protobuf", "application/x-protobuf", "text/markdown", "font/woff2", "application/wasm",
        "application/ld+json", "application/vnd.api+json", "application/octet-stream",
    ]

    /// Appends one field; `bytes` longer than 65,535 trap (the head limit is below that).
    public static func append(_ name: Name, _ bytes: Span<UInt8>, to buffer: inout IOBuffer) {
        if name == .contentType, let index = wellKnownIndex(of: bytes) {
            buffer.append(Name.knownType.rawValue)
            buffer.append(index)
            return
        }
        precondition(bytes.count <= Int(UInt16.max), "stored field too long")
        buffer.append(name.rawValue)
        buffer.append(UInt8(truncatingIfNeeded: bytes.count))
        buffer.append(UInt8(truncatingIfNeeded: bytes.count >> 8))
        buffer.append(bytes)
    }

    private static func wellKnownIndex(of bytes: Span<UInt8>) -> UInt8? {
        for index in wellKnownTypes.indices where bytes.equals(wellKnownTypes[index]) {
            return UInt8(index)
        }
        return nil
    }

    /// One decoded field: its bytes lie in the encoded form, or are those of a well-known type.
    public enum Item: Equatable, Sendable {
        case known(type: Int)
        case stored(Name, ByteSlice)
    }

    /// The field that starts at `offset`, which moves behind it; nil at the end or in a damaged form.
    public static func next(in encoded: Span<UInt8>, at offset: inout Int) -> Item? {
        guard offset < encoded.count, let name = Name(rawValue: encoded[offset]) else { return nil }
        if name == .knownType {
            guard offset + 1 < encoded.count, Int(encoded[offset + 1]) < wellKnownTypes.count else { return nil }
            offset += 2
            return .known(type: Int(encoded[offset - 1]))
        }
        guard offset + 3 <= encoded.count else { return nil }
        let count = Int(encoded[offset + 1]) | Int(encoded[offset + 2]) << 8
        guard offset + 3 + count <= encoded.count else { return nil }
        offset += 3 + count
        return .stored(name, ByteSlice(start: offset - count, count: count))
    }
}
