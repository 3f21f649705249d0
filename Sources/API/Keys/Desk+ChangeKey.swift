import Bytes
import CacheModel
import HTTP1

/// What `POST …?op=` can do to a key.
private enum KeyOperation: CaseIterable {
    case append, prepend, truncate, touch, stale

    var name: StaticString {
        switch self {
        case .append: "append"
        case .prepend: "prepend"
        case .truncate: "truncate"
        case .touch: "touch"
        case .stale: "stale"
        }
    }

    /// The parameters it takes beside `op` and `key64`.
    var parameters: ParameterSet {
        switch self {
        case .append, .prepend: ParameterSet(.op, .key64, .maxLen)
        case .truncate: ParameterSet(.op, .key64, .len)
        case .touch: ParameterSet(.op, .key64, .ttl, .idle, .expiresAt)
        case .stale: ParameterSet(.op, .key64)
        }
    }

    init?(_ text: Span<UInt8>) {
        for operation in Self.allCases where text.equals(operation.name) {
            self = operation
            return
        }
        return nil
    }
}

/// POST to a key.
extension Desk {
    mutating func changeKey(
        _ key: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        var parameters = try parameters(
            request, allowing: ParameterSet(.op, .key64, .maxLen, .len, .ttl, .idle, .expiresAt),
            "unknown; POST takes op, key64 and what the op needs")
        let operation = try Self.operation(parameters)
        if let foreign = parameters.other(than: operation.parameters) {
            throw .bad(foreign, "does not go with this op")
        }
        try takeBodyParameters(request, operation.parameters, &parameters)
        let conditions = try Conditions(of: request, at: turn.now)
        switch operation {
        case .append:
            try extend(key, .back, request, parameters, conditions, turn, response: &response)
        case .prepend:
            try extend(key, .front, request, parameters, conditions, turn, response: &response)
        case .truncate: try truncate(key, request, parameters, conditions, turn, response: &response)
        case .touch:
            let change = try touchChange(parameters, at: turn.now)
            try touch(key, change, request, conditions, turn, response: &response)
        case .stale: try touch(key, .stale, request, conditions, turn, response: &response)
        }
        return .responded
    }

    private static func operation(_ parameters: borrowing Parameters) throws(Problem) -> KeyOperation {
        guard let text = parameters[.op], let operation = KeyOperation(text) else {
            throw .bad(.op, "one of append, prepend, truncate, touch, stale")
        }
        return operation
    }

    /// An action's parameters may come as one JSON object instead; only one of the two.
    private mutating func takeBodyParameters(
        _ request: borrowing Request, _ allowed: ParameterSet, _ parameters: inout Parameters
    ) throws(Problem) {
        guard !allowed.contains(.maxLen), !request.body.isEmpty, let field = request.field(.contentType),
            let type = MediaType.parse(field), type.is("application", "json")
        else { return }
        if let given = parameters.other(than: ParameterSet(.op, .key64)) {
            throw .bad(given, "parameters stand in the query or in the body, not in both")
        }
        try parameters.readJSON(request.body, allowing: allowed, noted: &noted)
    }

    // MARK: append, prepend

    private mutating func extend(
        _ key: Span<UInt8>, _ end: ExtendEnd, _ request: borrowing Request, _ parameters: borrowing Parameters,
        _ conditions: Conditions, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let form = try controlForm(request)
        let limit = api.settings.limits.valueBytes
        guard request.body.count <= limit else { throw .tooLarge("a value is longer than the limit", limit: limit) }
        if request.has(.contentEncoding) {
            throw Problem(
                .unsupportedMediaType, "a piece of a value has no Content-Encoding of its own", .acceptIdentity)
        }
        let most = try parameters.number(.maxLen, in: 0...Int64.max, "a whole number of bytes")
        var stored = IOBuffer()
        try EntityFieldsWriter.append(of: request, cacheControl: false, into: &stored)
        let command = Command.extend(
            Extend(
                key: key, bytes: request.body, end: end, maximumLength: Int(most ?? .max), fields: stored.readable,
                precondition: conditions.precondition))
        try execute(command, turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        answerLength(form, response: &response)
    }

    // MARK: truncate

    private mutating func truncate(
        _ key: Span<UInt8>, _ request: borrowing Request, _ parameters: borrowing Parameters,
        _ conditions: Conditions, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let form = try controlForm(request)
        guard let length = try parameters.number(.len, in: 0...Int64.max, "a whole number of bytes") else {
            throw .bad(.len, "op=truncate needs the length to keep")
        }
        let command = Command.truncate(
            Truncate(key: key, length: Int(length), precondition: conditions.precondition))
        try execute(command, turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        answerLength(form, response: &response)
    }

    /// `{"length":n}`, or the digits: 201 where the entry is new.
    private mutating func answerLength(_ form: ControlForm, response: inout ResponseWriter) {
        let length = reply.entry.valueCount
        var isNew = false
        if case .created = reply.outcome { isNew = true }
        scratch.removeAll()
        switch form {
        case .json:
            scratch.append("{\"length\":")
            scratch.append(decimal: length)
            scratch.append("}\n")
        case .text:
            scratch.append(decimal: length)
            scratch.append("\n")
        }
        response.begin(isNew ? 201 : 200)
        response.fields(form == .json ? Surface.json : Surface.text)
        writeTag(storedTag(at: reply.written == .none ? reply.entry.position : reply.written), response: &response)
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    // MARK: touch, stale

    private mutating func touchChange(
        _ parameters: borrowing Parameters, at now: Instant
    ) throws(Problem) -> TouchChange {
        var wish = LifetimeWish()
        try wish.read(parameters)
        if wish.keeps { throw .bad(.ttl, "keep goes with PUT only") }
        guard wish.hasEnd else {
            throw .bad(.ttl, "op=touch needs ttl, idle or expires_at")
        }
        guard case .set(let lifetime) = try wish.settled(at: now, random: &random) else {
            throw .bad(.ttl, "keep goes with PUT only")
        }
        return .lifetime(lifetime)
    }

    private mutating func touch(
        _ key: Span<UInt8>, _ change: TouchChange, _ request: borrowing Request, _ conditions: Conditions,
        _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let wantsValue = request.has(.prefer) && preference(request).returning == .representation
        if wantsValue && !principal.mayUse(key, .read) { throw .forbidden("read") }
        let command = Command.touch(
            Touch(key: key, change: change, precondition: conditions.precondition, wantsValue: wantsValue))
        try execute(command, turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        guard wantsValue else {
            response.begin(204)
            response.finishWithoutBody()
            return
        }
        response.begin(200)
        let fields = EntityFields(reply.fields.readable)
        var coding = Coding.asStored(fields)
        coding.isGzip = storedTag.isGzip
        writeEntry(fields, coding, at: turn.now, response: &response)
        response.fields("Preference-Applied: return=representation\r\n")
        writeWhole(response: &response)
    }
}
