import Bytes
import CacheModel
import JSON

/// Writes the answer to one line of a bulk request, as a line.
enum LineAnswer {
    /// A value that was found.
    static func found(
        _ line: Int, key: Span<UInt8>, _ info: EntryInfo, fields: Span<UInt8>, value: Span<UInt8>, at now: Instant,
        base64: Bool, into out: inout IOBuffer
    ) {
        var json = begin(line, 200, into: &out)
        json.member("key", orBase64: "key64", bytes: key, into: &out)
        json.member("value", orBase64: "value64", bytes: value, forcingBase64: base64, into: &out)
        let stored = EntityFields(fields)
        if let coding = stored.contentEncoding {
            json.member(
                "content_encoding", orBase64: "content_encoding64", bytes: fields.extracting(coding), into: &out)
        }
        tag(info.position, json: &json, into: &out)
        timeToLive(info, at: now, json: &json, into: &out)
        if let version = info.version { json.member("version", unsigned: version, into: &out) }
        end(&json, into: &out)
    }

    /// A write that was done; `length` is told where it was asked to grow.
    static func written(
        _ line: Int, status: Int, position: Position, length: Int?, into out: inout IOBuffer
    ) {
        var json = begin(line, status, into: &out)
        if position != .none { tag(position, json: &json, into: &out) }
        if let length { json.member("length", integer: length, into: &out) }
        end(&json, into: &out)
    }

    /// A line that failed: the members of a problem, and the key where it is known.
    static func failed(
        _ line: Int, _ problem: Problem, key: Span<UInt8>, noted: Span<UInt8>, into out: inout IOBuffer
    ) {
        var json = JSONWriter()
        json.beginObject(into: &out)
        json.member("line", integer: line, into: &out)
        if !key.isEmpty { json.member("key", orBase64: "key64", bytes: key, into: &out) }
        problem.append(noted: noted, json: &json, into: &out)
        end(&json, into: &out)
    }

    private static func begin(_ line: Int, _ status: Int, into out: inout IOBuffer) -> JSONWriter {
        var json = JSONWriter()
        json.beginObject(into: &out)
        json.member("line", integer: line, into: &out)
        json.member("status", integer: status, into: &out)
        return json
    }

    private static func end(_ json: inout JSONWriter, into out: inout IOBuffer) {
        json.endObject(into: &out)
        out.append("\n")
    }

    /// `"etag":"3.8123"`
    static func tag(_ position: Position, json: inout JSONWriter, into out: inout IOBuffer) {
        json.name("etag", into: &out)
        json.separate(into: &out)
        out.append("\"")
        EntryTag(position).appendOpaque(to: &out)
        out.append("\"")
    }

    /// `"ttl_ms":41250`, or null without a lifetime; negative for a stale entry.
    static func timeToLive(_ info: EntryInfo, at now: Instant, json: inout JSONWriter, into out: inout IOBuffer) {
        if info.freshUntil == .never {
            json.memberNull("ttl_ms", into: &out)
        } else {
            json.member("ttl_ms", integer: info.freshUntil.since(now), into: &out)
        }
    }
}
