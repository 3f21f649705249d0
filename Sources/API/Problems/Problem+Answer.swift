import Bytes
import CacheModel
import HTTP1
import JSON
import Observability

extension Problem {
    /// The one place where a failure becomes a status, fields and a body.
    ///
    /// - Parameters:
    ///   - text: as one line of text instead of `application/problem+json`.
    ///   - mayBeStored: false where even the refusal is nobody's to keep.
    func answer(
        asText text: Bool, mayBeStored: Bool, noted: borrowing IOBuffer, scratch: inout IOBuffer,
        response: inout ResponseWriter
    ) {
        scratch.removeAll()
        if text {
            appendLine(noted: noted.readable, into: &scratch)
        } else {
            var json = JSONWriter()
            json.beginObject(into: &scratch)
            append(noted: noted.readable, json: &json, into: &scratch)
            json.endObject(into: &scratch)
            scratch.append("\n")
        }
        response.begin(status)
        response.fields(
            text ? "Content-Type: text/plain; charset=utf-8\r\n" : "Content-Type: application/problem+json\r\n")
        response.fields("X-Content-Type-Options: nosniff\r\n")
        if !mayBeStored { response.fields(Surface.noStore) }
        appendFields(to: &response)
        if closes { response.closeAfterwards() }
        response.finish(length: scratch.count)
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }

    /// `412 precondition-failed: current ETag is "3.8123"`
    private func appendLine(noted: Span<UInt8>, into out: inout IOBuffer) {
        out.append(decimal: status)
        out.append(" ")
        out.append(kind.words.slug)
        out.append(": ")
        appendDetail(escaping: false, noted: noted, into: &out)
        out.append("\n")
    }

    /// The fields that a status must, or may usefully, have.
    private func appendFields(to response: inout ResponseWriter) {
        switch members {
        case .allow(let methods):
            response.beginField("Allow")
            methods.append(to: &response.buffer)
            response.endField()
        case .etag(let position) where position != .none:
            response.beginField("ETag")
            EntryTag(position).append(to: &response.buffer)
            response.endField()
        case .miss(let reason, _):
            response.beginField("Cache-Status")
            response.buffer.append("nuthatch; fwd=uri-miss; detail=")
            response.buffer.append(reason.name)
            response.endField()
        case .length(let length):
            response.beginField("Content-Range")
            ContentRange.appendUnsatisfied(ofLength: length, into: &response.buffer)
            response.endField()
        case .retryAfter(let seconds): response.field("Retry-After", decimal: Int64(seconds))
        case .applied: response.fields("Retry-After: 1\r\n")
        case .acceptQuery: response.fields(Surface.acceptQuery)
        case .acceptJSONQuery: response.fields(Surface.acceptJSONQuery)
        case .acceptPatch: response.fields(Surface.acceptPatch)
        case .acceptIdentity: response.fields("Accept-Encoding: identity\r\n")
        default: break
        }
        switch kind {
        case .unauthorized:
            // RFC 6750 §3.1: without credentials no error code is given away.
            response.fields("WWW-Authenticate: Bearer realm=\"nuthatch\"\r\n")
        case .badCoding: response.fields("Accept-Encoding: gzip\r\n")
        default: break
        }
    }
}
