import Bytes
import CacheModel
import HTTP1
import JSON

/// Writes what is told of a session.
///
/// ```json
/// {"handle":"…","user":"42","data":{…},"meta":{…},"index":{"tenant":"acme"},"created_at":"…","last_seen_at":"…",
///  "last_seen_resolution_ms":180000,"idle_ms":1800000,"expires_at":"…","max_at":"…","ttl_ms":1799000,"etag":"1.17"}
/// ```
/// What leads to PATCH stands as PATCH takes it, `idle` apart, which answers tell in milliseconds.
enum SessionJSON {
    /// Writes the session that a reply is about; false when what was stored of it is none.
    static func append(
        _ reply: borrowing Reply, id: Span<UInt8>, showingData: Bool, at now: Instant, into out: inout IOBuffer
    ) -> Bool {
        let stored = reply.fields.readable
        guard let head = SessionHead(stored) else { return false }
        var json = JSONWriter()
        json.beginObject(into: &out)
        if !id.isEmpty { json.member("id", string: id, into: &out) }
        append(
            head, of: stored, data: showingData ? reply.valueBytes : nil, reply.entry, at: now, json: &json,
            into: &out)
        json.endObject(into: &out)
        return true
    }

    /// Writes a page: `{"items":[…],"next":…}`.
    ///
    /// - Parameter next: the cursor of the page behind it, empty for none.
    static func append(
        page reply: borrowing Reply, next: Span<UInt8>, showingData: Bool, at now: Instant, into out: inout IOBuffer
    ) {
        let bytes = reply.bytes.readable
        var json = JSONWriter()
        json.beginObject(into: &out)
        json.name("items", into: &out)
        json.beginArray(into: &out)
        for row in reply.rows {
            let stored = bytes.extracting(row.fields)
            guard let head = SessionHead(stored) else { continue }
            json.beginObject(into: &out)
            append(
                head, of: stored, data: showingData ? bytes.extracting(row.value) : nil, row.info, at: now,
                json: &json, into: &out)
            json.endObject(into: &out)
        }
        json.endArray(into: &out)
        if next.isEmpty {
            json.memberNull("next", into: &out)
        } else {
            json.member("next", string: next, into: &out)
        }
        json.endObject(into: &out)
    }

    /// Writes the members into an object that has been begun.
    ///
    /// - Parameters:
    ///   - stored: the stored form of `head`.
    ///   - data: nil where it is not to be told.
    static func append(
        _ head: SessionHead, of stored: Span<UInt8>, data: Span<UInt8>?, _ info: EntryInfo, at now: Instant,
        json: inout JSONWriter, into out: inout IOBuffer
    ) {
        handle(head.handle, json: &json, into: &out)
        if head.user.isEmpty {
            json.memberNull("user", into: &out)
        } else {
            json.member("user", orBase64: "user64", bytes: stored.extracting(head.user), into: &out)
        }
        if let data { json.member("data", raw: data, into: &out) }
        json.name("meta", into: &out)
        if head.meta.isEmpty {
            json.beginObject(into: &out)
            json.endObject(into: &out)
        } else {
            json.raw(stored.extracting(head.meta), into: &out)
        }
        attributes(head.attributes, of: stored, json: &json, into: &out)
        instant("created_at", head.createdAt, json: &json, into: &out)
        instant("last_seen_at", head.seenAt, json: &json, into: &out)
        json.member("last_seen_resolution_ms", integer: SessionReply.seenResolution(idle: info.idle), into: &out)
        if info.idle > 0 {
            json.member("idle_ms", integer: info.idle, into: &out)
        } else {
            json.memberNull("idle_ms", into: &out)
        }
        instant("expires_at", info.freshUntil, json: &json, into: &out)
        instant("max_at", info.expiresAt, json: &json, into: &out)
        LineAnswer.timeToLive(info, at: now, json: &json, into: &out)
        LineAnswer.tag(info.position, json: &json, into: &out)
    }

    static func handle(_ handle: SessionHandle, json: inout JSONWriter, into out: inout IOBuffer) {
        json.name("handle", into: &out)
        json.separate(into: &out)
        out.append("\"")
        handle.append(text: &out)
        out.append("\"")
    }

    private static func attributes(
        _ attributes: [SessionAttribute], of stored: Span<UInt8>, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.name("index", into: &out)
        json.beginObject(into: &out)
        for attribute in attributes {
            json.name(utf8: stored.extracting(attribute.name), into: &out)
            json.string(stored.extracting(attribute.value), into: &out)
        }
        json.endObject(into: &out)
    }

    static func instant(
        _ name: StaticString, _ instant: Instant, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.name(name, into: &out)
        json.separate(into: &out)
        out.append("\"")
        RFC3339.append(milliseconds: instant.milliseconds, into: &out)
        out.append("\"")
    }
}
