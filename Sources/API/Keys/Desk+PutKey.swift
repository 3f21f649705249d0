import Bytes
import CacheModel
import HTTP1

/// PUT: creates or replaces.
extension Desk {
    mutating func putKey(
        _ key: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let limit = api.settings.limits.valueBytes
        guard request.body.count <= limit else { throw .tooLarge("a value is longer than the limit", limit: limit) }
        if request.has(.contentRange) { throw .badRequest("a part of a value cannot be PUT: send it whole") }
        var wish = LifetimeWish()
        if hasQuery { try readLifetime(&wish, request) }
        if LifetimeWish.hasFields(request) { try wish.readFields(of: request, at: turn.now) }
        try EntityFieldsWriter.checkCoding(of: request, limit: limit)
        let writing = PutWriting(
            lifetime: try wish.settled(at: turn.now, random: &random), version: try callerVersion(request),
            wantsPrevious: request.has(.prefer) && preference(request).returning == .previous)
        if writing.wantsPrevious && !principal.mayUse(key, .read) { throw .forbidden("read") }

        var stored = IOBuffer()
        swap(&stored, &fields)
        defer {
            stored.removeAll(keeping: 1 << 14)
            swap(&stored, &fields)
        }
        try EntityFieldsWriter.append(of: request, cacheControl: wish.keepsCacheControl, into: &stored)
        if Conditions.areSent(in: request) {
            let conditions = try Conditions(of: request, at: turn.now)
            try put(key, request.body, stored.readable, writing, conditions.precondition, turn)
        } else {
            try put(key, request.body, stored.readable, writing, Precondition(), turn)
        }
        answerPut(request, writing, at: turn.now, response: &response)
        return .responded
    }

    private mutating func readLifetime(
        _ wish: inout LifetimeWish, _ request: borrowing Request
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .ttl, .idle, .expiresAt),
            "unknown; PUT takes ttl, idle, expires_at and key64")
        try wish.read(parameters)
    }

    private mutating func put(
        _ key: Span<UInt8>, _ value: Span<UInt8>, _ stored: Span<UInt8>, _ writing: PutWriting,
        _ precondition: consuming Precondition, _ turn: Turn
    ) throws(Problem) {
        let command = Command.put(
            Put(
                key: key, value: value, fields: stored, lifetime: writing.lifetime, version: writing.version,
                precondition: precondition, wantsPrevious: writing.wantsPrevious))
        try execute(command, turn)
        switch reply.outcome {
        case .created, .replaced: return
        default: throw refusal()
        }
    }

    private mutating func answerPut(
        _ request: borrowing Request, _ writing: PutWriting, at now: Instant, response: inout ResponseWriter
    ) {
        var tag = EntryTag(reply.written)
        if let coding = request.field(.contentEncoding) { tag.isGzip = Coding.isGzip(coding) }
        if case .replaced = reply.outcome {
            if writing.wantsPrevious { return writePrevious(tag, response: &response) }
            response.begin(204)
            writeTag(tag, response: &response)
            response.finishWithoutBody()
        } else {
            response.begin(201)
            writeTag(tag, response: &response)
            response.finish(length: 0)
        }
    }

    /// 200 with the value that was replaced; the tag is the new one's, whose resource was asked for.
    private func writePrevious(_ tag: EntryTag, response: inout ResponseWriter) {
        response.begin(200)
        writeTag(tag, response: &response)
        response.fields("Preference-Applied: return=previous\r\n")
        writeWhole(response: &response)
    }

    func writeTag(_ tag: EntryTag, response: inout ResponseWriter) {
        response.beginField("ETag")
        tag.append(to: &response.buffer)
        response.endField()
    }

    /// Ends an answer with the reply's value as it is stored, and its content fields.
    func writeWhole(response: inout ResponseWriter) {
        let fields = EntityFields(reply.fields.readable)
        writeContent(fields, .asStored(fields), response: &response)
        let count = reply.valueBytes.count
        response.finish(length: count)
        writeValue(0..<count, response: &response)
    }
}

/// What a PUT asks beside key, value, fields and preconditions.
private struct PutWriting {
    var lifetime: LifetimeChange
    var version: CallerVersion?
    var wantsPrevious: Bool
}
