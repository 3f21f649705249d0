import Bytes
import CacheModel
import HTTP1
import JSON

/// `/v1/limits/{policy}`: what a policy allows, and lists of its ids.
extension Desk {
    mutating func limitPolicy(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        var name = IOBuffer()
        let segment = RoutePath.segment(behind: RoutePath.limitPrefix, of: request.path)
        try takeName(segment, request, into: &name)
        let text = name.readable
        switch route.id {
        case .putPolicy: try putPolicy(text, request, turn, response: &response)
        case .deletePolicy:
            _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; DELETE takes key64")
            try execute(text, .delete, turn)
            response.begin(204)
            response.finishWithoutBody()
        default: try readPolicy(text, request, turn, response: &response)
        }
    }

    private mutating func execute(
        _ name: Span<UInt8>, _ action: LimitPolicyAction, _ turn: Turn
    ) throws(Problem) {
        try execute(.limitPolicy(LimitPolicyCommand(name: name, action: action)), turn)
        switch reply.outcome {
        case .miss: throw Problem(.unknownPolicy, "there is no such policy")
        case .memoryFull: throw refusal()
        default: return
        }
    }

    private mutating func putPolicy(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try actionParameters(
            request, allowing: LimitSettingsText.parameters,
            "unknown; a policy takes algorithm, quota, window, burst, unit, shadow, count_denied, per, tz and lease")
        let settings = try LimitSettingsText.read(parameters)
        guard takeZone(settings.zone) else { throw Self.unknownZone }
        try execute(name, .put(settings), turn)
        let isNew = reply.outcome == .created
        response.begin(isNew ? 201 : 204)
        writeTag(EntryTag(reply.written), response: &response)
        if isNew { response.finish(length: 0) } else { response.finishWithoutBody() }
    }

    private mutating func readPolicy(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .list, .limit, .cursor),
            "unknown; GET takes list, limit, cursor and key64")
        try execute(name, .read, turn)
        guard let policy = reply.limits.policy else { throw .unavailable }
        let tag = EntryTag(reply.entry.position)
        var out = IOBuffer()
        var json = JSONWriter()
        json.beginObject(into: &out)
        if let text = parameters[.list] {
            try appendList(text, name, policy, parameters, turn, json: &json, into: &out)
        } else {
            if parameters.has(.limit) || parameters.has(.cursor) { throw .bad(.list, "limit and cursor go with list") }
            LimitSettingsText.append(policy, json: &json, into: &out)
        }
        json.endObject(into: &out)
        out.append("\n")
        scratch.removeAll()
        swap(&out, &scratch)
        answerControl(.json, tag: tag, response: &response)
    }

    // MARK: Lists

    private mutating func appendList(
        _ wanted: Span<UInt8>, _ name: Span<UInt8>, _ policy: LimitPolicy, _ parameters: borrowing Parameters,
        _ turn: Turn, json: inout JSONWriter, into out: inout IOBuffer
    ) throws(Problem) {
        let limit = Int(
            try parameters.number(.limit, in: 1...Int64(Limits.pageRows), "a whole number from 1 to 1000") ?? 100)
        json.name("items", into: &out)
        json.beginArray(into: &out)
        var next: UInt64?
        if wanted.equals("overrides") {
            let cursor = try Self.cursor(parameters)
            if cursor == nil { Self.append(policy.globs, at: turn.now, json: &json, into: &out) }
            next = try appendIDs(.overrides, name, cursor, limit, turn, json: &json, into: &out)
        } else if wanted.equals("blocked") {
            let cursor = try Self.cursor(parameters)
            next = try appendIDs(.blocked, name, cursor, limit, turn, json: &json, into: &out)
        } else if wanted.equals("top-denied") {
            if parameters.has(.cursor) { throw .bad(.cursor, "top-denied is one page") }
            try execute(.limitDenials(LimitDenials(policy: name, most: limit)), turn)
            for found in reply.counters.items {
                json.beginObject(into: &out)
                json.member(
                    "id", orBase64: "id64", bytes: reply.bytes.readable.extracting(found.item), into: &out)
                json.member("denied", integer: found.count, into: &out)
                json.endObject(into: &out)
            }
        } else {
            throw .bad(.list, "overrides, blocked or top-denied")
        }
        json.endArray(into: &out)
        guard let next else { return json.memberNull("next", into: &out) }
        var text = IOBuffer()
        text.append(hexadecimal: next)
        json.member("next", string: text.readable, into: &out)
    }

    private static func cursor(_ parameters: borrowing Parameters) throws(Problem) -> UInt64? {
        guard let text = parameters[.cursor] else { return nil }
        guard let cursor = text.hexadecimalValue(), cursor >> 48 == 0 else {
            throw Problem(.badCursor, "not a cursor of this list")
        }
        return cursor
    }

    private static func append(
        _ globs: [LimitGlob], at now: Instant, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        for glob in globs where glob.override.expiresAt > now {
            json.beginObject(into: &out)
            json.member("match", orBase64: "match64", bytes: glob.pattern.span, into: &out)
            append(glob.override, json: &json, into: &out)
            json.endObject(into: &out)
        }
    }

    static func append(_ override: LimitOverride, json: inout JSONWriter, into out: inout IOBuffer) {
        json.member("quota", integer: override.quota, into: &out)
        json.member("burst", integer: override.burst, into: &out)
        if override.expiresAt == .never {
            json.memberNull("expires_at", into: &out)
        } else {
            append(instant: override.expiresAt, "expires_at", json: &json, into: &out)
        }
    }

    static func append(
        instant: Instant, _ name: StaticString, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.name(name, into: &out)
        json.separate(into: &out)
        out.append("\"")
        RFC3339.append(milliseconds: instant.milliseconds, into: &out)
        out.append("\"")
    }

    private mutating func appendIDs(
        _ wanted: LimitList.Wanted, _ name: Span<UInt8>, _ cursor: UInt64?, _ limit: Int, _ turn: Turn,
        json: inout JSONWriter, into out: inout IOBuffer
    ) throws(Problem) -> UInt64? {
        try execute(.limitList(LimitList(policy: name, wanted: wanted, cursor: cursor, limit: limit)), turn)
        for index in reply.rows.indices {
            let verdict = reply.limits.verdicts[index]
            json.beginObject(into: &out)
            json.member(
                "id", orBase64: "id64", bytes: reply.bytes.readable.extracting(reply.rows[index].key), into: &out)
            if let override = verdict.override { Self.append(override, json: &json, into: &out) }
            if let until = verdict.blockedUntil {
                Self.append(instant: until, "blocked_until", json: &json, into: &out)
            }
            json.endObject(into: &out)
        }
        return reply.nextCursor
    }
}
