import Bytes
import CacheModel
import HTTP1
import JSON

/// POST to a counter: creation, increment, bounds and lifetime in one step.
extension Desk {
    static let addParameters = ParameterSet(
        .by, .initial, .min, .max, .overflow, .ttl, .ttlMode, .windows, .zone, .unique, .item)

    mutating func addCounter(
        _ name: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try actionParameters(
            request, allowing: Self.addParameters.union(ParameterSet(.int)),
            "unknown; POST takes by, initial, min, max, overflow, ttl, ttl_mode, windows, tz, unique, item and int")
        let form = try controlForm(request)
        let quoted = try parameters.quotesIntegers()
        var bytes = IOBuffer()
        bytes.append(name)
        let name = ByteSlice(start: 0, count: name.count)
        let add: InlineArray<1, CounterAdd> = [try counterAdd(name, parameters, into: &bytes)]
        if let conditions = try conditions(request, turn) {
            try execute(add.span, bytes.readable, conditions.precondition, turn)
        } else {
            try execute(add.span, bytes.readable, Precondition(), turn)
        }
        let answer = reply.counters.answers.first ?? CounterAnswer()
        if let problem = counterProblem(reply.outcome, value: answer.value) { throw problem }
        tellCounter(bytes.readable.extracting(name), answer.value, turn)
        let isMinimal = request.has(.prefer) && preference(request).returning == .minimal
        self.answer(answer, form, quoted, isMinimal, at: turn.now, response: &response)
    }

    /// What the parameters ask; the texts it needs are appended to `bytes`.
    mutating func counterAdd(
        _ name: ByteSlice, _ parameters: borrowing Parameters, into bytes: inout IOBuffer
    ) throws(Problem) -> CounterAdd {
        var add = CounterAdd(name: name)
        add.by = try parameters.integer(.by) ?? 1
        add.initial = try parameters.integer(.initial)
        add.wish = try CounterSettingsText.wish(parameters)
        if let zone = add.wish?.zone, !takeZone(zone) { throw Self.unknownZone }
        if let ttl = try parameters.duration(.ttl, allowingJitter: true) {
            add.ttl = LifetimeWish.shortened(ttl.milliseconds, ttl.jitterPercent, &random)
        }
        if let text = parameters[.ttlMode] {
            guard let mode = Self.mode(text) else { throw .bad(.ttlMode, "create, extend or keep") }
            add.mode = mode
        }
        if let text = parameters[.unique] { add.unique = try Self.take(text, .unique, Limits.keyBytes, &bytes) }
        if let text = parameters[.item] {
            if add.by < 0 { throw .bad(.item, "items are counted upwards only: by must not be negative") }
            add.item = try Self.take(text, .item, Limits.counterItemBytes, &bytes)
        }
        return add
    }

    private static func mode(_ text: Span<UInt8>) -> CounterLifetimeMode? {
        if text.equals("create") { return .create }
        if text.equals("extend") { return .extend }
        return text.equals("keep") ? .keep : nil
    }

    private static func take(
        _ text: Span<UInt8>, _ parameter: Parameter, _ most: Int, _ bytes: inout IOBuffer
    ) throws(Problem) -> ByteSlice {
        guard (1...most).contains(text.count) else {
            throw .bad(parameter, parameter == .item ? "1 to 255 bytes" : "1 to 4096 bytes")
        }
        let start = bytes.count
        bytes.append(text)
        return ByteSlice(start: start, count: text.count)
    }

    /// Runs adds, again when a zone was missing that the database has.
    mutating func execute(
        _ adds: Span<CounterAdd>, _ bytes: Span<UInt8>, _ precondition: Precondition, _ turn: Turn
    ) throws(Problem) {
        repeat {
            let command = CounterAdds(
                adds: adds, bytes: bytes, precondition: copy precondition, zones: zones)
            try execute(.counterAdds(command), turn)
        } while takeMissingZone()
    }

    // MARK: Answers

    private mutating func answer(
        _ answer: CounterAnswer, _ form: ControlForm, _ quoted: Bool, _ isMinimal: Bool, at now: Instant,
        response: inout ResponseWriter
    ) {
        let tag = EntryTag(reply.written == .none ? reply.entry.position : reply.written)
        guard !isMinimal else {
            response.begin(204)
            writeTag(tag, response: &response)
            response.field("Nuthatch-Value", decimal: answer.value)
            response.fields("Preference-Applied: return=minimal\r\n")
            return response.finishWithoutBody()
        }
        scratch.removeAll()
        switch form {
        case .text: scratch.append(decimal: answer.value)
        case .json:
            var json = JSONWriter()
            json.beginObject(into: &scratch)
            Self.append(answer, quoted, at: now, json: &json, into: &scratch)
            json.endObject(into: &scratch)
        }
        scratch.append("\n")
        answerControl(form, tag: tag, response: &response)
    }

    /// The members of an answer to one add.
    static func append(
        _ answer: CounterAnswer, _ quoted: Bool, at now: Instant, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.member("value", integer: answer.value, quoted: quoted, into: &out)
        json.member("applied", integer: answer.applied, quoted: quoted, into: &out)
        json.member("created", bool: answer.outcome == .created, into: &out)
        var info = EntryInfo()
        info.freshUntil = answer.freshUntil
        LineAnswer.timeToLive(info, at: now, json: &json, into: &out)
    }
}
