import Bytes
import CacheModel
import HTTP1

/// Byte ranges (RFC 9110 §14): of the coding that was chosen, one part or several.
extension Desk {
    /// Answers 206, or throws 416.
    /// - Returns: false when the range is to be ignored and the whole value sent.
    mutating func answerRange(
        _ request: borrowing Request, _ fields: EntityFields, _ coding: Coding, _ turn: Turn,
        response: inout ResponseWriter
    ) throws(Problem) -> Bool {
        let tag = EntryTag(reply.entry.position, isGzip: coding.isGzip)
        guard Self.ifRangeHolds(request, tag, modifiedAt: reply.entry.modifiedAt, at: turn.now),
            let field = request.field(.range), let ranges = ByteRanges.parse(field)
        else { return false }
        let length = reply.valueBytes.count
        switch ranges.resolve(length: length) {
        case .whole: return false
        case .unsatisfiable:
            throw Problem(.rangeNotSatisfiable, "no part of the range lies inside the value", .length(length))
        case .partial(let parts):
            response.begin(206)
            if parts.count == 1 {
                writePart(parts[0], of: length, fields, coding, at: turn.now, response: &response)
            } else {
                writeParts(parts, of: length, fields, coding, at: turn.now, response: &response)
            }
            return true
        }
    }

    /// RFC 9110 §13.1.5: without a match the value has changed, and its whole is wanted. Only strong validators count;
    /// a date is one when the value had been still for a second.
    private static func ifRangeHolds(
        _ request: borrowing Request, _ tag: EntryTag, modifiedAt: Instant, at now: Instant
    ) -> Bool {
        guard let field = request.field(.ifRange) else { return true }
        if let given = EntityTag.parse(field) {
            return !given.isWeak && EntryTag(opaque: given.opaque) == tag
        }
        guard let date = HTTPDate.parse(field, now: now.seconds) else { return false }
        return date == modifiedAt.seconds && now.seconds > date
    }

    private mutating func writePart(
        _ part: Range<Int>, of length: Int, _ fields: EntityFields, _ coding: Coding, at now: Instant,
        response: inout ResponseWriter
    ) {
        writeContent(fields, coding, response: &response)
        writeEntry(fields, coding, at: now, response: &response)
        response.beginField("Content-Range")
        ContentRange.append(part, ofLength: length, into: &response.buffer)
        response.endField()
        response.finish(length: part.count)
        writeValue(part, response: &response)
    }

    private mutating func writeParts(
        _ parts: ByteRanges.Parts, of length: Int, _ fields: EntityFields, _ coding: Coding, at now: Instant,
        response: inout ResponseWriter
    ) {
        var multipart = Multipart(boundary: random.next())
        var total = 0
        for index in 0..<parts.count {
            multipart.appendHead(of: parts[index], length: length, fields, reply.fields)
            total += parts[index].count
        }
        multipart.appendEnd()
        writeMultipartHead(multipart, fields, coding, response: &response)
        writeEntry(fields, coding, at: now, response: &response)
        response.finish(length: total + multipart.count)
        for index in 0..<parts.count {
            multipart.write(index, to: &response)
            writeValue(parts[index], response: &response)
        }
        multipart.write(parts.count, to: &response)
    }

    private func writeMultipartHead(
        _ multipart: borrowing Multipart, _ fields: EntityFields, _ coding: Coding, response: inout ResponseWriter
    ) {
        response.beginField("Content-Type")
        response.buffer.append("multipart/byteranges; boundary=")
        multipart.appendBoundary(to: &response.buffer)
        response.endField()
        let encoded = reply.fields.readable
        if coding.sendsStoredCoding, let stored = fields.contentEncoding {
            response.field("Content-Encoding", encoded.extracting(stored))
        } else if coding.form == .gzipNow {
            response.fields("Content-Encoding: gzip\r\n")
        }
        fields.writeDescription(from: encoded, to: &response)
        response.fields(Surface.shielded)
    }
}
