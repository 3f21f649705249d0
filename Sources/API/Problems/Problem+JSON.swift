import Bytes
import CacheModel
import HTTP1
import JSON
import Observability

extension Problem {
    /// Writes the members of the problem into an object that the caller has begun (RFC 9457 §3).
    func append(noted: Span<UInt8>, json: inout JSONWriter, into out: inout IOBuffer) {
        let words = kind.words
        json.name("type", into: &out)
        json.separate(into: &out)
        out.append("\"urn:nuthatch:problem:")
        out.append(words.slug)
        out.append("\"")
        json.member("title", string: words.title, into: &out)
        json.member("status", integer: status, into: &out)
        json.name("detail", into: &out)
        json.separate(into: &out)
        out.append("\"")
        appendDetail(escaping: true, noted: noted, into: &out)
        out.append("\"")
        appendMembers(noted: noted, json: &json, into: &out)
    }

    private func appendMembers(noted: Span<UInt8>, json: inout JSONWriter, into out: inout IOBuffer) {
        switch members {
        case .none, .allow, .length, .retryAfter, .acceptQuery, .acceptJSONQuery, .acceptIdentity, .acceptPatch: break
        case .parameter(let parameter): json.member("parameter", string: parameter.name, into: &out)
        case .notedParameter: json.member("parameter", string: noted, into: &out)
        case .notedPointer: json.member("pointer", string: noted, into: &out)
        case .notedFailures: json.member("failed", raw: noted, into: &out)
        case .notedFailure: json.member("failure", string: noted, into: &out)
        case .etag(let position):
            json.name("etag", into: &out)
            json.separate(into: &out)
            if position == .none {
                out.append("null")
            } else {
                out.append("\"")
                EntryTag(position).appendOpaque(to: &out)
                out.append("\"")
            }
        case .limit(let limit): json.member("limit", integer: limit, into: &out)
        case .needs(let permission): json.member("needs", string: permission, into: &out)
        case .value(let value): json.member("value", integer: value, into: &out)
        case .version(let version): json.member("version", unsigned: version, into: &out)
        case .miss(let reason, let at): Self.appendMiss(reason, at, json: &json, into: &out)
        case .end(let end, let at):
            json.member("reason", string: end.word, into: &out)
            SessionJSON.instant("at", at, json: &json, into: &out)
        case .live(let count): json.member("live", integer: count, into: &out)
        case .operation(let index):
            json.member("index", integer: index, into: &out)
            json.name("pointer", into: &out)
            json.separate(into: &out)
            out.append("\"")
            out.append(noted)
            out.append("\"")
        case .line(let line): json.member("line", integer: line, into: &out)
        case .applied(.no): json.member("applied", bool: false, into: &out)
        case .applied(.unknown): json.member("applied", string: "unknown" as StaticString, into: &out)
        }
    }

    private static func appendMiss(
        _ reason: MissReason, _ at: Instant?, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.member("reason", string: reason.name, into: &out)
        guard let at else { return }
        json.name("at", into: &out)
        json.separate(into: &out)
        out.append("\"")
        RFC3339.append(milliseconds: at.milliseconds, into: &out)
        out.append("\"")
    }

    /// The detail with what the members say, as a sentence.
    ///
    /// - Parameter escaping: for the inside of a JSON string; a text line shows quotes as they are.
    func appendDetail(escaping: Bool, noted: Span<UInt8>, into out: inout IOBuffer) {
        switch members {
        case .parameter(let parameter):
            out.append(parameter.name)
            out.append(": ")
            out.append(detail)
        case .notedParameter:
            Self.append(noted, escaping: escaping, into: &out)
            out.append(": ")
            out.append(detail)
        case .notedFailure:
            out.append(detail)
            out.append(": ")
            Self.append(noted, escaping: escaping, into: &out)
        case .notedPointer where !noted.isEmpty:
            out.append(detail)
            out.append(", at ")
            Self.append(noted, escaping: escaping, into: &out)
        case .etag(let position) where position != .none:
            out.append("current ETag is ")
            out.append(escaping ? "\\\"" : "\"")
            EntryTag(position).appendOpaque(to: &out)
            out.append(escaping ? "\\\"" : "\"")
        case .etag: out.append("there is no such entry")
        case .limit(let limit):
            out.append(detail)
            out.append(": ")
            out.append(decimal: limit)
        case .needs(let permission):
            out.append(detail)
            out.append(": it needs the permission ")
            out.append(permission)
        default: out.append(detail)
        }
    }

    private static func append(_ bytes: Span<UInt8>, escaping: Bool, into out: inout IOBuffer) {
        if escaping {
            JSONWriter.append(escaping: bytes, into: &out)
        } else {
            // One line, whatever the client sent.
            for index in bytes.indices { out.append(bytes[index] < 0x20 ? 0x3F : bytes[index]) }
        }
    }
}
