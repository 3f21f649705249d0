import Bytes
import CacheModel
import JSON

/// The rows of a page as they are written: items as JSON array elements or lines, folded prefixes beside them.
struct ListPage: ~Copyable {
    let asLines: Bool
    let shows: RowMembers
    let now: Instant
    var items = IOBuffer()
    var prefixes = IOBuffer()
    /// Folded prefixes that are no text, in base64.
    var prefixes64 = IOBuffer()
    private(set) var count = 0
    /// The last row's key.
    var lastKey = IOBuffer()

    init(asLines: Bool, shows: RowMembers, at now: Instant) {
        self.asLines = asLines
        self.shows = shows
        self.now = now
    }

    mutating func append(_ row: ReplyRow, key: Span<UInt8>) {
        count += 1
        lastKey.removeAll()
        lastKey.append(key)
        if row.isPrefix && !asLines { return appendPrefix(key) }
        if !asLines && !items.isEmpty { items.append(",") }
        var json = JSONWriter()
        json.beginObject(into: &items)
        if row.isPrefix {
            json.member("prefix", orBase64: "prefix64", bytes: key, into: &items)
        } else {
            json.member("key", orBase64: "key64", bytes: key, into: &items)
            appendMembers(row.info, json: &json)
        }
        json.endObject(into: &items)
        if asLines { items.append("\n") }
    }

    private mutating func appendMembers(_ info: EntryInfo, json: inout JSONWriter) {
        if shows.contains(.timeToLive) { LineAnswer.timeToLive(info, at: now, json: &json, into: &items) }
        if shows.contains(.size) { json.member("size", integer: info.valueCount, into: &items) }
        if shows.contains(.etag) { LineAnswer.tag(info.position, json: &json, into: &items) }
        // The one kind a key can hold today; the command API brings others.
        if shows.contains(.type) { json.member("type", string: "string", into: &items) }
    }

    private mutating func appendPrefix(_ key: Span<UInt8>) {
        if key.isValidUTF8 {
            if !prefixes.isEmpty { prefixes.append(",") }
            JSONWriter.append(string: key, into: &prefixes)
        } else {
            if !prefixes64.isEmpty { prefixes64.append(",") }
            prefixes64.append("\"")
            Base64.encode(key, .standard, into: &prefixes64)
            prefixes64.append("\"")
        }
    }
}
