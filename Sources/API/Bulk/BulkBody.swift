import Bytes
import HTTP1
import JSON

/// Judges a bulk body as a whole, before any of it is done.
enum BulkBody {
    /// The form its `Content-Type` says it has.
    static func form(
        of request: borrowing Request, allowingArray: Bool, _ allowed: StaticString
    ) throws(Problem) -> BulkForm {
        let refusal = Problem(.unsupportedMediaType, allowed, allowingArray ? .acceptQuery : .none)
        guard let field = request.field(.contentType), let type = MediaType.parse(field) else { throw refusal }
        if request.has(.contentEncoding) {
            throw Problem(.unsupportedMediaType, "a bulk body is sent without Content-Encoding", .acceptIdentity)
        }
        if type.is("application", "x-ndjson") { return .lines }
        if allowingArray && type.is("application", "json") { return .array }
        throw refusal
    }

    static func checkLineCount(_ body: Span<UInt8>) throws(Problem) {
        var lines = 0
        var start = 0
        while start < body.count {
            lines += 1
            guard lines <= BulkLimits.lines else { throw tooMany }
            guard let end = body.firstIndex(of: ASCII.lineFeed, from: start) else { return }
            start = end + 1
        }
    }

    static let tooMany = Problem(.badRequest, "a bulk request has more lines than the limit", .limit(BulkLimits.lines))

    /// A JSON array whose elements are strings or objects. Text that is no JSON is 400, other JSON is 422.
    static func checkArray(_ body: Span<UInt8>, noted: inout IOBuffer) throws(Problem) {
        var isQuery = false
        do throws(JSONError) {
            isQuery = try readArray(body)
        } catch {
            if error.reason == .tooManyMembers { throw tooMany }
            noted.removeAll()
            JSONPointer.append(placeOf: error.offset, in: body, into: &noted)
            if noted.count > 256 { noted.removeAll() }
            throw Problem(.badRequest, error.reason.message, .notedPointer)
        }
        if !isQuery {
            throw Problem(.unprocessable, "a query in JSON is an array of keys: strings, or objects with key or key64")
        }
    }

    /// True when it is an array of nothing but strings and objects; reads all of it in any case.
    private static func readArray(_ body: Span<UInt8>) throws(JSONError) -> Bool {
        var reader = JSONReader(body)
        guard try reader.kind() == .array else {
            try reader.skipValue()
            try reader.finish()
            return false
        }
        var fits = true
        var count = 0
        try reader.beginArray()
        while try reader.nextElement() {
            let kind = try reader.kind()
            if kind != .string && kind != .object { fits = false }
            count += 1
            try reader.skipValue()
        }
        try reader.finish()
        if count > BulkLimits.lines { throw JSONError(.tooManyMembers, at: 0) }
        return fits
    }
}
