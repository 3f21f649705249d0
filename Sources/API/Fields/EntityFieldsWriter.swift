import Bytes
import CacheModel
import Compression
import HTTP1

/// Gathers the fields of a PUT that are kept with its value.
enum EntityFieldsWriter {
    /// Appends the stored form of `request`'s content fields.
    ///
    /// - Parameter cacheControl: keep `Cache-Control` too, for it holds `max-age` and readers get it back unchanged.
    static func append(
        of request: borrowing Request, cacheControl: Bool, into stored: inout IOBuffer
    ) throws(Problem) {
        if let type = request.field(.contentType) {
            if !type.isEmpty { StoredFields.append(.contentType, type, to: &stored) }
        }
        appendList(.contentEncoding, as: .contentEncoding, of: request, into: &stored)
        appendList(.contentLanguage, as: .contentLanguage, of: request, into: &stored)
        if let disposition = request.field(.contentDisposition) {
            StoredFields.append(.contentDisposition, disposition, to: &stored)
        }
        if cacheControl { appendList(.cacheControl, as: .cacheControl, of: request, into: &stored) }
        // A head has at most 16 KiB of fields by default, but that limit can be raised.
        guard stored.count <= Limits.fieldsBytes else {
            throw .tooLarge("the content fields are longer than the limit", limit: Limits.fieldsBytes)
        }
    }

    /// A list may stand on several lines; it is kept as one (RFC 9110 §5.3).
    private static func appendList(
        _ field: KnownField, as name: StoredFields.Name, of request: borrowing Request, into stored: inout IOBuffer
    ) {
        guard let first = request.field(field) else { return }
        var index = request.nextLine(of: field, after: -1) ?? 0
        guard let second = request.nextLine(of: field, after: index) else {
            if field == .contentEncoding && first.equalsIgnoringCase("identity") { return }
            if !first.isEmpty { StoredFields.append(name, first, to: &stored) }
            return
        }
        var joined = IOBuffer()
        joined.append(first)
        index = second
        while true {
            joined.append(", ")
            joined.append(request.line(index))
            guard let next = request.nextLine(of: field, after: index) else { break }
            index = next
        }
        StoredFields.append(name, joined.readable, to: &stored)
    }

    /// Proves that a body sent as gzip is gzip, and no larger inside than a value may be.
    static func checkCoding(of request: borrowing Request, limit: Int) throws(Problem) {
        guard let coding = request.field(.contentEncoding) else { return }
        guard coding.equalsIgnoringCase("gzip") || coding.equalsIgnoringCase("x-gzip") else { return }
        do throws(Gzip.Failure) {
            _ = try Gzip.inflatedCount(of: request.body, limit: limit)
        } catch {
            switch error {
            case .malformed: throw Problem(.badCoding, "Content-Encoding says gzip, the body is not")
            case .tooLarge: throw .tooLarge("the body inflates to more than the limit", limit: limit)
            }
        }
    }
}
