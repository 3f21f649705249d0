import Bytes
import CacheModel
import HTTP1
import JSON

/// `/v1/counters/{counter}` and what is below it.
extension Desk {
    mutating func counter(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        var name = IOBuffer()
        swap(&name, &key)
        defer {
            name.removeAll(keeping: 1 << 14)
            swap(&name, &key)
        }
        let segment = RoutePath.segment(behind: RoutePath.counterPrefix, of: request.path)
        try takeName(segment, request, into: &name)
        let text = name.readable
        switch route.id {
        case .addCounter: try addCounter(text, request, turn, response: &response)
        case .readCounter: try readCounter(text, request, turn, response: &response)
        case .setCounter: try setCounter(text, request, turn, response: &response)
        case .deleteCounter: try deleteCounter(text, request, turn, response: &response)
        case .resetCounter: try resetCounter(text, request, turn, response: &response)
        case .readCounterSettings: try readSettings(text, request, turn, response: &response)
        case .putCounterSettings: try putSettings(text, request, turn, response: &response)
        case .counterSeries: try readSeries(text, request, turn, response: &response)
        case .counterUniques: try readUniques(text, request, turn, response: &response)
        default: try readTop(text, request, turn, response: &response)
        }
    }

    /// Runs a command on a counter, again when a zone was missing that the database has.
    mutating func execute(
        _ name: Span<UInt8>, _ action: CounterAction, _ conditions: Conditions?, _ turn: Turn
    ) throws(Problem) {
        if let conditions {
            try execute(name, action, conditions.precondition, turn)
        } else {
            try execute(name, action, Precondition(), turn)
        }
    }

    private mutating func execute(
        _ name: Span<UInt8>, _ action: CounterAction, _ precondition: Precondition, _ turn: Turn
    ) throws(Problem) {
        repeat {
            let command = CounterCommand(
                name: name, action: action, precondition: copy precondition, zones: zones)
            try execute(.counter(command), turn)
        } while takeMissingZone()
        if let problem = counterProblem(reply.outcome, value: reply.counters.value) { throw problem }
    }

    /// The preconditions of a write, nil where none were sent.
    func conditions(_ request: borrowing Request, _ turn: Turn) throws(Problem) -> Conditions? {
        Conditions.areSent(in: request) ? try Conditions(of: request, at: turn.now) : nil
    }

    func counterProblem(_ outcome: Outcome, value: Int64) -> Problem? {
        switch outcome {
        case .miss(let reason):
            Problem(.notFound, "there is no such counter", .miss(reason, at: reply.missedAt))
        case .outOfBounds:
            Problem(.outOfBounds, "the counter would leave its bounds; nothing was changed", .value(value))
        case .settingsDiffer:
            Problem(
                .settingsDiffer, "the settings sent are not those of the counter, or would lose a window it keeps")
        case .created, .replaced: nil
        default: Problem(reply, limits: api.settings.limits)
        }
    }

    // MARK: Reading

    private mutating func readCounter(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .window, .default, .int),
            "unknown; GET takes window, default, int and key64")
        let form = try controlForm(request)
        let quoted = try parameters.quotesIntegers()
        let window = try parameters.duration(.window)?.milliseconds
        let fallback = try parameters.integer(.default)
        let conditions = try conditions(request, turn)
        do throws(Problem) {
            try execute(name, .read, nil, turn)
        } catch {
            guard let fallback, error.kind == .notFound else { throw error }
            answerNumber(fallback, nil, form, quoted, hasTag: false, at: turn.now, response: &response)
            return
        }
        let tag = EntryTag(reply.entry.position)
        if let conditions {
            switch conditions.verdict(on: tag, modifiedAt: reply.entry.modifiedAt) {
            case .proceed: break
            case .notModified: return answerNotModified(tag, response: &response)
            case .failed: throw failedPrecondition()
            }
        }
        guard let window else {
            return answerNumber(
                reply.counters.value, nil, form, quoted, hasTag: true, at: turn.now, response: &response)
        }
        let found = try windowed(over: window, turn)
        answerNumber(found.sum, found.window, form, quoted, hasTag: true, at: turn.now, response: &response)
    }

    func failedPrecondition() -> Problem {
        Problem(.preconditionFailed, "the entry is not as the preconditions ask", .etag(reply.entry.position))
    }

    func answerNotModified(_ tag: EntryTag, response: inout ResponseWriter) {
        response.begin(304)
        writeTag(tag, response: &response)
        response.finishWithoutBody()
    }

    /// The sum over the last buckets of the finest window that reaches so far.
    private mutating func windowed(
        over milliseconds: Int64, _ turn: Turn
    ) throws(Problem) -> (sum: Int64, window: CounterWindow) {
        guard let settings = CounterState(reply.value.readable)?.settings else { throw .unavailable }
        guard let window = settings.window(over: milliseconds) else {
            throw Problem(.windowNotKept, "the counter keeps no window that reaches so far")
        }
        guard takeZone(settings.zone), let zone = zones.find(settings.zone),
            let state = CounterState(reply.value.readable), let ring = state.ring(of: window)
        else { throw .unavailable }
        let last = window.bucket(at: turn.now, zone)
        return (state.sum(in: ring, from: last - window.buckets(over: milliseconds) + 1, through: last), window)
    }

    private mutating func answerNumber(
        _ value: Int64, _ window: CounterWindow?, _ form: ControlForm, _ quoted: Bool, hasTag: Bool, at now: Instant,
        response: inout ResponseWriter
    ) {
        scratch.removeAll()
        switch form {
        case .text:
            scratch.append(decimal: value)
            scratch.append("\n")
        case .json:
            var json = JSONWriter()
            json.beginObject(into: &scratch)
            json.member("value", integer: value, quoted: quoted, into: &scratch)
            if let window { json.member("resolution_ms", integer: window.milliseconds, into: &scratch) }
            LineAnswer.timeToLive(hasTag ? reply.entry : EntryInfo(), at: now, json: &json, into: &scratch)
            json.endObject(into: &scratch)
            scratch.append("\n")
        }
        response.begin(200)
        response.fields(form == .json ? Surface.json : Surface.text)
        if hasTag { writeTag(EntryTag(reply.entry.position), response: &response) }
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    // MARK: Writing

    private mutating func setCounter(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; PUT takes key64")
        let value = try counterValue(request)
        try execute(name, .set(value), try conditions(request, turn), turn)
        tellCounter(name, value, turn)
        var isNew = false
        if case .created = reply.outcome { isNew = true }
        response.begin(isNew ? 201 : 204)
        writeTag(EntryTag(reply.written), response: &response)
        if isNew { response.finish(length: 0) } else { response.finishWithoutBody() }
    }

    /// `{"value":n}`, the number as itself or as a string of digits; or the digits alone as text.
    private mutating func counterValue(_ request: borrowing Request) throws(Problem) -> Int64 {
        guard let field = request.field(.contentType), let type = MediaType.parse(field) else {
            throw Problem(.unsupportedMediaType, "a counter is set by application/json {\"value\":n} or by text/plain")
        }
        if type.is("text", "plain") {
            guard let value = request.body.trimmingBlanks().signedDecimalValue() else {
                throw .badRequest("a counter's value is a whole number of 64 bits")
            }
            return value
        }
        guard type.is("application", "json") else {
            throw Problem(.unsupportedMediaType, "a counter is set by application/json {\"value\":n} or by text/plain")
        }
        do throws(JSONError) {
            var reader = JSONReader(request.body)
            var value: Int64?
            try reader.beginObject()
            while let member = try reader.nextMember() {
                guard reader.matches(member, "value") else { throw JSONError(.unexpectedByte, at: reader.tokenStart) }
                if try reader.kind() == .string {
                    let text = try reader.string()
                    value = reader.rawBytes(of: text).signedDecimalValue()
                } else {
                    value = try reader.integer()
                }
            }
            try reader.finish()
            guard let value else { throw JSONError(.expectedInteger, at: 0) }
            return value
        } catch {
            throw .badRequest("the body is {\"value\":n} with a whole number of 64 bits")
        }
    }

    private mutating func deleteCounter(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; DELETE takes key64")
        try execute(name, .delete, try conditions(request, turn), turn)
        response.begin(204)
        response.finishWithoutBody()
    }

    private mutating func resetCounter(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int), "unknown; reset takes int and key64")
        let quoted = try parameters.quotesIntegers()
        let form = try controlForm(request)
        try execute(name, .reset, try conditions(request, turn), turn)
        tellCounter(name, 0, turn)
        scratch.removeAll()
        switch form {
        case .text: scratch.append(decimal: reply.counters.value)
        case .json:
            var json = JSONWriter()
            json.beginObject(into: &scratch)
            json.member("previous", integer: reply.counters.value, quoted: quoted, into: &scratch)
            json.endObject(into: &scratch)
        }
        scratch.append("\n")
        answerControl(form, tag: EntryTag(reply.written), response: &response)
    }

    /// 200 with what is in the scratch.
    mutating func answerControl(_ form: ControlForm, tag: EntryTag?, response: inout ResponseWriter) {
        response.begin(200)
        response.fields(form == .json ? Surface.json : Surface.text)
        if let tag { writeTag(tag, response: &response) }
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    // MARK: Settings

    private mutating func readSettings(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int), "unknown; settings take int and key64")
        let quoted = try parameters.quotesIntegers()
        try execute(name, .read, nil, turn)
        guard let settings = CounterState(reply.value.readable)?.settings else { throw .unavailable }
        answerSettings(settings, quoted, EntryTag(reply.entry.position), response: &response)
    }

    private mutating func putSettings(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try actionParameters(
            request, allowing: CounterSettingsText.parameters.union(ParameterSet(.int)),
            "unknown; settings take min, max, overflow, windows, tz, int and key64")
        let settings = (try CounterSettingsText.wish(parameters) ?? CounterWish()).settings
        let quoted = try parameters.quotesIntegers()
        guard takeZone(settings.zone) else { throw Self.unknownZone }
        try execute(name, .configure(settings), try conditions(request, turn), turn)
        answerSettings(settings, quoted, EntryTag(reply.written), response: &response)
    }

    static var unknownZone: Problem { .bad(.zone, "a zone of the zone database, as in Europe/Berlin") }

    private mutating func answerSettings(
        _ settings: CounterSettings, _ quoted: Bool, _ tag: EntryTag, response: inout ResponseWriter
    ) {
        scratch.removeAll()
        var json = JSONWriter()
        CounterSettingsText.append(settings, quoted: quoted, json: &json, into: &scratch)
        scratch.append("\n")
        answerControl(.json, tag: tag, response: &response)
    }
}
