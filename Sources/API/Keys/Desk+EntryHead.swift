import Bytes
import CacheModel
import HTTP1

/// The fields that tell a reader about an entry. All of them read `reply`.
extension Desk {
    /// Validators and lifetime: what 200, 206 and 304 share (RFC 9110 §15.4.5).
    ///
    /// Written in as few runs as it takes: this is most of the work of a hit.
    mutating func writeEntry(
        _ fields: EntityFields, _ coding: Coding, at now: Instant, response: inout ResponseWriter
    ) {
        let entry = reply.entry
        let lasts = entry.freshUntil == .never
        response.buffer.append("ETag: \"")
        EntryTag(entry.position, isGzip: coding.isGzip).appendOpaque(to: &response.buffer)
        response.buffer.append("\"\r\nAge: ")
        response.buffer.append(decimal: max(0, now.since(entry.modifiedAt)) / 1000)
        if !lasts {
            response.buffer.append("\r\nNuthatch-TTL: ")
            response.buffer.append(secondsFromMilliseconds: entry.freshUntil.since(now))
        }
        response.buffer.append("\r\nLast-Modified: ")
        dates.append(entry.modifiedAt.seconds, into: &response.buffer)
        if lasts && fields.cacheControl == nil {
            response.fields("\r\nCache-Control: no-cache\r\nCache-Status: nuthatch; hit\r\n")
        } else {
            response.endField()
            writeCaching(fields, response: &response)
            Self.writeHit(entry, at: now, response: &response)
        }
        if entry.version != nil { writeVersion(response: &response) }
        if coding.varies { response.fields("Vary: Accept-Encoding\r\n") }
    }

    func writeVersion(response: inout ResponseWriter) {
        guard let version = reply.entry.version else { return }
        response.beginField("Nuthatch-Version")
        response.buffer.append(decimal: version)
        response.endField()
    }

    /// The tag of the reply's entry in the coding it is stored in.
    var storedTag: EntryTag { storedTag(at: reply.entry.position) }

    func storedTag(at position: Position) -> EntryTag {
        let encoded = reply.fields.readable
        guard let coding = EntityFields(encoded).contentEncoding else { return EntryTag(position) }
        return EntryTag(position, isGzip: Coding.isGzip(encoded.extracting(coding)))
    }

    /// What downstream caches are told: the writer's own `Cache-Control`, else to ask again each time, so that no proxy
    /// serves an overwritten value.
    private mutating func writeCaching(_ fields: EntityFields, response: inout ResponseWriter) {
        if let stored = fields.cacheControl {
            response.field("Cache-Control", reply.fields.readable.extracting(stored))
        } else {
            response.fields("Cache-Control: no-cache\r\n")
        }
        guard reply.entry.expiresAt != .never else { return }
        response.beginField("Expires")
        dates.append(reply.entry.expiresAt.seconds, into: &response.buffer)
        response.endField()
    }

    /// `Cache-Status` (RFC 9211): `ttl` is in whole seconds and negative for a stale hit.
    private static func writeHit(_ entry: EntryInfo, at now: Instant, response: inout ResponseWriter) {
        guard entry.freshUntil != .never else { return response.fields("Cache-Status: nuthatch; hit\r\n") }
        response.beginField("Cache-Status")
        response.buffer.append("nuthatch; hit; ttl=")
        let left = entry.freshUntil.since(now)
        response.buffer.append(decimal: left >= 0 ? left / 1000 : (left - 999) / 1000)
        response.endField()
    }

    /// The fields of the value itself: type, coding, description, shield.
    func writeContent(_ fields: EntityFields, _ coding: Coding, response: inout ResponseWriter) {
        let encoded = reply.fields.readable
        fields.writeType(from: encoded, to: &response)
        if coding.sendsStoredCoding, let stored = fields.contentEncoding {
            response.field("Content-Encoding", encoded.extracting(stored))
        } else if coding.form == .gzipNow {
            response.fields("Content-Encoding: gzip\r\n")
        }
        fields.writeDescription(from: encoded, to: &response)
        response.fields(Surface.shielded)
    }

    /// Sends a range of the value, without copying a large one.
    func writeValue(_ range: Range<Int>, response: inout ResponseWriter) {
        if let shared = reply.shared {
            response.body(shared, range)
        } else {
            response.body(reply.value.readable.extracting(range))
        }
    }
}
