import Bytes
import CacheModel
import HTTP1
import JSON
import PubSub

/// Events as bytes, in each of the forms a stream can have.
///
/// An encoded event is a whole chunk (RFC 9112 §7.1), so that one copy of the bytes serves every stream of its form:
/// ```
/// 00000123␍␊ id: …␊ event: created␊ data: {"topic":…}␊ ␊ ␍␊
/// └ frame ─┘ └──────────── unframed ───────────────────┘
/// ```
package enum EventWriter {
    private static let frame: StaticString = "00000000\r\n"

    /// The encoded event, made once for all streams of the form.
    package static func encode(_ event: Event, _ form: EventForm) -> EncodedEvent {
        event.encoded(form.rawValue) { encodeAlone(event, form, skipped: 0) }
    }

    /// The encoded event for one stream, with how many it stands for beyond itself.
    package static func encodeAlone(_ event: Event, _ form: EventForm, skipped: Int) -> EncodedEvent {
        var out = IOBuffer(capacity: 256 + event.weight)
        out.append(frame)
        append(event, form, skipped: skipped, into: &out)
        return finish(&out)
    }

    package static func encode(_ gap: Gap, _ form: EventForm) -> EncodedEvent {
        var out = IOBuffer()
        out.append(frame)
        append(gap, form, into: &out)
        return finish(&out)
    }

    /// Several events as one chunk, the way a reader who is behind gets them.
    package static func encode(_ events: [Event], _ form: EventForm) -> EncodedEvent {
        var out = IOBuffer(capacity: events.reduce(16) { $0 + 256 + $1.weight })
        out.append(frame)
        for event in events { append(event, form, skipped: 0, into: &out) }
        return finish(&out)
    }

    /// Fills in the length of the chunk and ends it.
    private static func finish(_ out: inout IOBuffer) -> EncodedEvent {
        let start = frame.utf8CodeUnitCount
        let length = out.count - start
        for digit in 0..<8 { out[7 - digit] = ASCII.hexDigit(UInt8(truncatingIfNeeded: length >> (digit * 4))) }
        out.append("\r\n")
        return EncodedEvent(
            bytes: SharedBytes.make(out.readable), unframed: ByteSlice(start: start, count: length))
    }

    // MARK: Forms

    package static func append(_ event: Event, _ form: EventForm, skipped: Int, into out: inout IOBuffer) {
        switch form {
        case .events:
            appendHead(event, isBinary: false, into: &out)
            out.append("data: ")
            appendObject(event, skipped: skipped, into: &out)
            out.append("\n\n")
        case .bare: appendBare(event, skipped: skipped, into: &out)
        case .lines:
            appendObject(event, skipped: skipped, into: &out)
            out.append("\n")
        case .elements: appendObject(event, skipped: skipped, into: &out)
        }
    }

    package static func append(_ gap: Gap, _ form: EventForm, into out: inout IOBuffer) {
        switch form {
        case .events, .bare:
            out.append("id: ")
            gap.place.append(to: &out)
            out.append("\nevent: gap\ndata: ")
            appendObject(gap, into: &out)
            out.append("\n\n")
        case .lines:
            appendObject(gap, into: &out)
            out.append("\n")
        case .elements: appendObject(gap, into: &out)
        }
    }

    private static func appendHead(_ event: Event, isBinary: Bool, into out: inout IOBuffer) {
        out.append("id: ")
        event.cursor.append(to: &out)
        out.append("\n")
        if isBinary {
            out.append("event: binary\n")
        } else if event.kind != .message {
            out.append("event: ")
            out.append(event.kind.name)
            out.append("\n")
        } else if !event.name.isEmpty {
            out.append("event: ")
            out.append(event.bytes.span.extracting(event.name))
            out.append("\n")
        }
    }

    /// The payload's own lines; their ends become LF, whatever they were. What is no text becomes base64.
    private static func appendBare(_ event: Event, skipped: Int, into out: inout IOBuffer) {
        let payload = event.bytes.span.extracting(event.payload)
        let isText = payload.isValidUTF8
        appendHead(event, isBinary: !isText && event.kind == .message, into: &out)
        if skipped > 0 {
            out.append(": skipped ")
            out.append(decimal: skipped)
            out.append("\n")
        }
        if event.kind != .message {
            out.append("data: ")
            appendObject(event, skipped: 0, into: &out)
        } else if isText {
            appendLines(payload, into: &out)
        } else {
            out.append("data: ")
            Base64.encode(payload, .standard, into: &out)
        }
        out.append("\n\n")
    }

    private static func appendLines(_ text: Span<UInt8>, into out: inout IOBuffer) {
        out.append("data: ")
        var start = 0
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == ASCII.lineFeed || byte == ASCII.carriageReturn {
                out.append(text.extracting(start..<index))
                out.append("\ndata: ")
                if byte == ASCII.carriageReturn, index + 1 < text.count, text[index + 1] == ASCII.lineFeed {
                    index += 1
                }
                start = index + 1
            }
            index += 1
        }
        out.append(text.extracting(start..<text.count))
    }

    // MARK: Objects

    private static func appendObject(_ event: Event, skipped: Int, into out: inout IOBuffer) {
        let bytes = event.bytes.span
        var json = JSONWriter()
        json.beginObject(into: &out)
        let topic = event.topic.bytes
        json.member("topic", orBase64: "topic64", bytes: topic.span, into: &out)
        json.name("id", into: &out)
        json.separate(into: &out)
        out.append("\"")
        event.cursor.append(to: &out)
        out.append("\"")
        if event.kind == .message {
            appendMessage(event, bytes, json: &json, into: &out)
        } else {
            appendMember(event, bytes, json: &json, into: &out)
        }
        if skipped > 0 { json.member("skipped", integer: skipped, into: &out) }
        json.endObject(into: &out)
    }

    private static func appendMessage(
        _ event: Event, _ bytes: Span<UInt8>, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        if event.name.isEmpty {
            json.memberNull("event", into: &out)
        } else {
            json.member("event", string: bytes.extracting(event.name), into: &out)
        }
        if event.key.isEmpty {
            json.memberNull("key", into: &out)
        } else {
            json.member("key", orBase64: "key64", bytes: bytes.extracting(event.key), into: &out)
        }
        appendInstant("at", event.at, json: &json, into: &out)
        if event.type.isEmpty {
            json.member("type", string: "application/octet-stream", into: &out)
        } else {
            json.member("type", string: bytes.extracting(event.type), into: &out)
        }
        json.member("data", orBase64: "data64", bytes: bytes.extracting(event.payload), into: &out)
    }

    private static func appendMember(
        _ event: Event, _ bytes: Span<UInt8>, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.member("event", string: event.kind.name, into: &out)
        json.member("member", orBase64: "member64", bytes: bytes.extracting(event.key), into: &out)
        appendInstant("at", event.at, json: &json, into: &out)
        let meta = bytes.extracting(event.payload)
        if meta.isEmpty { json.memberNull("meta", into: &out) } else { json.member("meta", raw: meta, into: &out) }
    }

    static func appendInstant(
        _ name: StaticString, _ instant: Instant, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.name(name, into: &out)
        json.separate(into: &out)
        out.append("\"")
        RFC3339.append(milliseconds: instant.milliseconds, into: &out)
        out.append("\"")
    }

    private static func appendObject(_ gap: Gap, into out: inout IOBuffer) {
        var json = JSONWriter()
        json.beginObject(into: &out)
        json.member("event", string: "gap", into: &out)
        appendCursor("id", gap.place, json: &json, into: &out)
        json.name("topics", into: &out)
        json.beginArray(into: &out)
        for topic in gap.topics where topic.span.isValidUTF8 { json.string(topic.span, into: &out) }
        json.endArray(into: &out)
        appendBinaryTopics(gap, json: &json, into: &out)
        appendCursor("from", gap.from, json: &json, into: &out)
        appendCursor("to", gap.to, json: &json, into: &out)
        if let missed = gap.missed {
            json.member("missed", integer: missed, into: &out)
        } else {
            json.memberNull("missed", into: &out)
        }
        json.member("reason", string: gap.reason.name, into: &out)
        json.endObject(into: &out)
    }

    private static func appendBinaryTopics(_ gap: Gap, json: inout JSONWriter, into out: inout IOBuffer) {
        guard gap.topics.contains(where: { !$0.span.isValidUTF8 }) else { return }
        json.name("topics64", into: &out)
        json.beginArray(into: &out)
        for topic in gap.topics where !topic.span.isValidUTF8 {
            json.separate(into: &out)
            out.append("\"")
            Base64.encode(topic.span, .standard, into: &out)
            out.append("\"")
        }
        json.endArray(into: &out)
    }

    static func appendCursor(
        _ name: StaticString, _ cursor: Cursor?, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        guard let cursor else { return json.memberNull(name, into: &out) }
        json.name(name, into: &out)
        json.separate(into: &out)
        out.append("\"")
        cursor.append(to: &out)
        out.append("\"")
    }

    // MARK: What streams say of themselves

    /// The beginning of a stream: a comment, how soon to come back, and the place from which on nothing is missing.
    package static func opening(_ form: EventForm, at place: Cursor) -> EncodedEvent {
        var out = IOBuffer()
        out.append(frame)
        if form == .lines {
            appendHeartbeatLine(at: place, into: &out)
        } else {
            out.append(": nuthatch\nretry: 2000\nid: ")
            place.append(to: &out)
            out.append("\n\n")
        }
        return finish(&out)
    }

    /// A sign of life.
    package static func heartbeat(_ form: EventForm, asEvent: Bool, at place: Cursor) -> EncodedEvent {
        var out = IOBuffer()
        out.append(frame)
        switch form {
        case .lines, .elements: appendHeartbeatLine(at: place, into: &out)
        case .events, .bare:
            if asEvent {
                out.append("id: ")
                place.append(to: &out)
                out.append("\nevent: heartbeat\ndata: {}\n\n")
            } else {
                out.append(":\n")
            }
        }
        return finish(&out)
    }

    private static func appendHeartbeatLine(at place: Cursor, into out: inout IOBuffer) {
        out.append("{\"event\":\"heartbeat\",\"id\":\"")
        place.append(to: &out)
        out.append("\"}\n")
    }

    /// The credential is no longer good: the last thing a stream says.
    package static func expired(_ form: EventForm, at place: Cursor) -> EncodedEvent {
        var out = IOBuffer()
        out.append(frame)
        if form == .lines {
            out.append("{\"event\":\"auth-expired\",\"id\":\"")
            place.append(to: &out)
            out.append("\"}\n")
        } else {
            out.append("id: ")
            place.append(to: &out)
            out.append("\nevent: auth-expired\ndata: {}\n\n")
        }
        return finish(&out)
    }
}

extension Event.Kind {
    /// The name of an event of a member.
    var name: StaticString {
        switch self {
        case .message: "message"
        case .join: "join"
        case .leave: "leave"
        case .timeout: "timeout"
        }
    }
}
