import Bytes
import CacheModel
import HTTP1

/// The fields kept with a value, found in their stored form. Slices lie in the form it was read from.
struct EntityFields: Sendable {
    /// Index of a well-known media type.
    var knownType: Int?
    var contentType: ByteSlice?
    var contentEncoding: ByteSlice?
    var contentLanguage: ByteSlice?
    var contentDisposition: ByteSlice?
    var cacheControl: ByteSlice?

    init(_ encoded: Span<UInt8>) {
        var offset = 0
        while let item = StoredFields.next(in: encoded, at: &offset) {
            switch item {
            case .known(let type): knownType = type
            case .stored(.contentType, let slice): contentType = slice
            case .stored(.contentEncoding, let slice): contentEncoding = slice
            case .stored(.contentLanguage, let slice): contentLanguage = slice
            case .stored(.contentDisposition, let slice): contentDisposition = slice
            case .stored(.cacheControl, let slice): cacheControl = slice
            case .stored(.knownType, _): break
            }
        }
    }

    /// Writes `Content-Type`: what was stored, or the type of unknown bytes.
    func writeType(from encoded: Span<UInt8>, to response: inout ResponseWriter) {
        if let knownType {
            response.field("Content-Type", StoredFields.wellKnownTypes[knownType])
        } else if let contentType {
            response.field("Content-Type", encoded.extracting(contentType))
        } else {
            response.fields("Content-Type: application/octet-stream\r\n")
        }
    }

    /// Appends the value of `Content-Type`.
    func appendType(from encoded: Span<UInt8>, to out: inout IOBuffer) {
        if let knownType {
            out.append(StoredFields.wellKnownTypes[knownType])
        } else if let contentType {
            out.append(encoded.extracting(contentType))
        } else {
            out.append("application/octet-stream")
        }
    }

    /// Writes `Content-Language` and `Content-Disposition`.
    func writeDescription(from encoded: Span<UInt8>, to response: inout ResponseWriter) {
        if let contentLanguage { response.field("Content-Language", encoded.extracting(contentLanguage)) }
        if let contentDisposition { response.field("Content-Disposition", encoded.extracting(contentDisposition)) }
    }

    /// Whether gzip makes a value of this type smaller.
    func isCompressible(in encoded: Span<UInt8>) -> Bool {
        if let contentType { return MediaType.parse(encoded.extracting(contentType))?.isCompressible ?? false }
        guard let knownType else { return false }
        var text = IOBuffer()
        text.append(StoredFields.wellKnownTypes[knownType])
        return MediaType.parse(text.readable)?.isCompressible ?? false
    }
}
