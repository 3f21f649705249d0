import Bytes
import CacheModel
import HTTP1
import JSON
import Observability

/// `/v1/limits/{policy}/{id}` and what is below it.
extension Desk {
    mutating func limit(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        var bytes = IOBuffer()
        swap(&bytes, &key)
        defer {
            bytes.removeAll(keeping: 1 << 14)
            swap(&bytes, &key)
        }
        let item = try limitItem(request, into: &bytes)
        switch route.id {
        case .askLimit: return try askLimit(item, request, turn, bytes: &bytes, response: &response)
        case .readLimit: try readLimit(item, request, turn, bytes.readable, response: &response)
        case .forgetLimit:
            _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; DELETE takes key64")
            try change(item, .forget, turn, bytes.readable)
            response.begin(204)
            response.finishWithoutBody()
        case .blockLimit: try blockLimit(item, request, turn, bytes.readable, response: &response)
        case .penalizeLimit, .rewardLimit: try chargeLimit(item, request, turn, bytes.readable, response: &response)
        case .putOverride, .deleteOverride:
            try overrideLimit(item, request, turn, bytes.readable, response: &response)
        default: try changeLease(item, request, turn, bytes.readable, response: &response)
        }
        return .responded
    }

    /// Policy and id of the path.
    private mutating func limitItem(
        _ request: borrowing Request, into bytes: inout IOBuffer
    ) throws(Problem) -> LimitItem {
        let policy = RoutePath.segment(behind: RoutePath.limitPrefix, of: request.path)
        let id = RoutePath.segment(after: policy, of: request.path)
        try takeName(policy, request, into: &bytes)
        let count = bytes.count
        let text = request.path.extracting(id)
        guard PercentCoding.decode(text, plusIsSpace: false, into: &bytes) else {
            throw Problem(.badName, "a percent sign in a name must be followed by two hexadecimal digits")
        }
        guard (1...Limits.keyBytes).contains(bytes.count - count) else {
            throw Problem(.badName, "a name is 1 to 4096 bytes")
        }
        return LimitItem(
            policy: ByteSlice(start: 0, count: count), id: ByteSlice(start: count, count: bytes.count - count))
    }

    // MARK: Asking

    private static let askParameters = ParameterSet(.cost, .dryRun, .reserve, .wait, .deny, .createdAt)
    /// What goes with a stored policy.
    private static let storedParameters = askParameters.union(ParameterSet(.key64))

    private mutating func askLimit(
        _ item: LimitItem, _ request: borrowing Request, _ turn: Turn, bytes: inout IOBuffer,
        response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        var item = item
        var denial = LimitDenial.tooMany
        var form = LimitQuestionForm(at: turn.now)
        // Most questions say nothing beside who asks.
        if hasQuery || !request.body.isEmpty {
            form = try readQuestion(request, turn, bytes.readable, into: &item, &denial)
        }
        form.nonce = random.next()
        if turn.resumption == .deadline, let granted = held.removeValue(forKey: turn.ticket.connection) {
            reply.reveal(granted.horizon)
            answerLimit(
                granted.verdict, item.policy, bytes.readable, denial, reservation: Span(), response: &response)
            return .responded
        }
        let items: InlineArray<1, LimitItem> = [item]
        try ask(items.span, bytes.readable, form, turn)
        guard let verdict = reply.limits.verdicts.first else { throw .unavailable }
        if let problem = Self.problem(verdict) { throw problem }
        metrics.count(verdict)
        if verdict.delay > 0 {
            held[turn.ticket.connection] = HeldVerdict(verdict: verdict, horizon: reply.horizon)
            return .parked(until: turn.now.advanced(byMilliseconds: verdict.delay))
        }
        var reservation = IOBuffer()
        if form.reserve > 0 && verdict.isAllowed && !verdict.wouldDeny && item.cost > 0 {
            LimitReservation.append(form.nonce, [item], bytes.readable, to: &reservation)
        }
        answerLimit(
            verdict, item.policy, bytes.readable, denial, reservation: reservation.readable, response: &response)
        return .responded
    }

    /// What a question says beside policy and id.
    private mutating func readQuestion(
        _ request: borrowing Request, _ turn: Turn, _ bytes: Span<UInt8>, into item: inout LimitItem,
        _ denial: inout LimitDenial
    ) throws(Problem) -> LimitQuestionForm {
        let parameters = try actionParameters(
            request, allowing: Self.askParameters.union(LimitSettingsText.inline),
            "unknown; a question takes cost, dry_run, reserve, wait, deny, created_at and inline settings")
        denial = try Self.denial(parameters)
        item.cost = try Self.cost(parameters)
        let form = try LimitQuestionForm(parameters, at: turn.now)
        if parameters.has(.quota) {
            let settings = try LimitSettingsText.read(parameters)
            item.inline = LimitPolicy(name: bytes.extracting(item.policy).copied(), settings: settings)
            if form.reserve > 0 { throw .bad(.reserve, "goes with a stored policy only") }
        } else if let stray = parameters.other(than: Self.storedParameters) {
            throw .bad(stray, "goes with quota, for a policy that is not stored")
        }
        return form
    }

    static func cost(_ parameters: borrowing Parameters) throws(Problem) -> Int64 {
        try parameters.number(.cost, in: 0...LimitSettings.mostQuota, "a whole number from 0 to 1000000000") ?? 1
    }

    static func denial(_ parameters: borrowing Parameters) throws(Problem) -> LimitDenial {
        guard let text = parameters[.deny] else { return .tooMany }
        guard let status = text.decimalValue(), let denial = LimitDenial(rawValue: Int(status)) else {
            throw .bad(.deny, "429, 403 or 200")
        }
        return denial
    }

    /// Asks, again when a zone was missing that the database has.
    mutating func ask(
        _ items: Span<LimitItem>, _ bytes: Span<UInt8>, _ form: LimitQuestionForm, _ turn: Turn
    ) throws(Problem) {
        var turn = turn
        turn.now = form.now
        repeat {
            var check = LimitCheck(items: items, bytes: bytes, zones: zones)
            check.isDry = form.isDry
            check.reserve = form.reserve
            check.wait = form.wait
            check.nonce = form.nonce
            try execute(.limitCheck(check), turn)
        } while takeMissingZone()
        switch reply.outcome {
        case .memoryFull, .needsZone: throw refusal()
        default: return
        }
    }

    /// Changes one id; again when a zone was missing.
    mutating func change(
        _ item: LimitItem, _ action: LimitAction, _ turn: Turn, _ bytes: Span<UInt8>
    ) throws(Problem) {
        repeat {
            try execute(
                .limitChange(LimitChange(item: item, bytes: bytes, action: action, zones: zones)), turn)
        } while takeMissingZone()
        switch reply.outcome {
        case .memoryFull, .needsZone: throw refusal()
        default: break
        }
        if let verdict = reply.limits.verdicts.first, let problem = Self.problem(verdict) { throw problem }
    }

    // MARK: Reading

    private mutating func readLimit(
        _ item: LimitItem, _ request: borrowing Request, _ turn: Turn, _ bytes: Span<UInt8>,
        response: inout ResponseWriter
    ) throws(Problem) {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; GET takes key64")
        try change(item, .read, turn, bytes)
        answerState(item, bytes, at: turn.now, response: &response)
    }

    /// 200 with how the id stands.
    private mutating func answerState(
        _ item: LimitItem, _ bytes: Span<UInt8>, at now: Instant, response: inout ResponseWriter
    ) {
        guard let verdict = reply.limits.verdicts.first else { return }
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        json.member("policy", orBase64: "policy64", bytes: bytes.extracting(item.policy), into: &scratch)
        json.member("quota", integer: verdict.rule.quota, into: &scratch)
        json.member("remaining", integer: verdict.remaining, into: &scratch)
        json.member("reset_ms", integer: verdict.resetAfter, into: &scratch)
        if let until = verdict.blockedUntil {
            Self.append(instant: until, "blocked_until", json: &json, into: &scratch)
        }
        if let override = verdict.override {
            json.name("override", into: &scratch)
            json.beginObject(into: &scratch)
            Self.append(override, json: &json, into: &scratch)
            json.endObject(into: &scratch)
        }
        json.endObject(into: &scratch)
        scratch.append("\n")
        response.begin(200)
        response.fields(Surface.json)
        let (verdicts, names): (InlineArray<1, LimitVerdict>, InlineArray<1, ByteSlice>) = ([verdict], [item.policy])
        writeLimitFields(verdicts.span, names.span, bytes, response: &response)
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    // MARK: Changing

    private mutating func blockLimit(
        _ item: LimitItem, _ request: borrowing Request, _ turn: Turn, _ bytes: Span<UInt8>,
        response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try actionParameters(request, allowing: ParameterSet(.for), "unknown; block takes for")
        guard let duration = try parameters.duration(.for) else {
            throw .bad(.for, "a block needs a duration, as in for=1h")
        }
        try change(item, .block(duration.milliseconds), turn, bytes)
        answerState(item, bytes, at: turn.now, response: &response)
    }

    private mutating func chargeLimit(
        _ item: LimitItem, _ request: borrowing Request, _ turn: Turn, _ bytes: Span<UInt8>,
        response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try actionParameters(
            request, allowing: ParameterSet(.cost), "unknown; penalty and reward take cost")
        let cost = try Self.cost(parameters)
        try change(item, .charge(route.id == .rewardLimit ? -cost : cost), turn, bytes)
        answerState(item, bytes, at: turn.now, response: &response)
    }

    private mutating func overrideLimit(
        _ item: LimitItem, _ request: borrowing Request, _ turn: Turn, _ bytes: Span<UInt8>,
        response: inout ResponseWriter
    ) throws(Problem) {
        let isPut = route.id == .putOverride
        let allowed =
            isPut ? ParameterSet(.quota, .burst, .expiresAt, .match) : ParameterSet(.match)
        let parameters =
            isPut
            ? try overrideParameters(request, allowed)
            : try self.parameters(
                request, allowing: allowed.union(ParameterSet(.key64)), "unknown; DELETE takes match and key64")
        var isGlob = false
        if let match = parameters[.match] {
            guard match.equals("glob") else { throw .bad(.match, "glob, or nothing for one id") }
            isGlob = true
        }
        let override = isPut ? try Self.override(parameters, at: turn.now) : nil
        if isGlob {
            try overrideGlob(item, override, turn, bytes)
        } else {
            try change(item, override.map { .override($0) } ?? .removeOverride, turn, bytes)
        }
        response.begin(isPut ? 201 : 204)
        if isPut { response.finish(length: 0) } else { response.finishWithoutBody() }
    }

    /// `match` says what the path means and so stands in the query; numbers may come in the body.
    private mutating func overrideParameters(
        _ request: borrowing Request, _ allowed: ParameterSet
    ) throws(Problem) -> Parameters {
        let list: StaticString = "unknown; an override takes quota, burst, expires_at and match"
        var parameters = try parameters(request, allowing: allowed.union(ParameterSet(.key64)), list)
        if request.body.isEmpty { return parameters }
        guard let field = request.field(.contentType), let type = MediaType.parse(field),
            type.is("application", "json")
        else { throw Problem(.unsupportedMediaType, "numbers come in the query, or as one application/json object") }
        if let given = parameters.other(than: ParameterSet(.key64, .match)) {
            throw .bad(given, "parameters stand in the query or in the body, not in both")
        }
        try parameters.readJSON(
            request.body, allowing: ParameterSet(.quota, .burst, .expiresAt), noted: &noted)
        return parameters
    }

    private static func override(
        _ parameters: borrowing Parameters, at now: Instant
    ) throws(Problem) -> LimitOverride {
        let range = 1...LimitSettings.mostQuota
        guard let quota = try parameters.number(.quota, in: range, "a whole number from 1 to 1000000000") else {
            throw .bad(.quota, "an override has a quota")
        }
        let burst = try parameters.number(.burst, in: range, "a whole number from 1 to 1000000000") ?? quota
        let end = try parameters.instant(.expiresAt) ?? .never
        if end <= now { throw .bad(.expiresAt, "lies in the past") }
        return LimitOverride(quota: quota, burst: burst, expiresAt: end)
    }

    private mutating func overrideGlob(
        _ item: LimitItem, _ override: LimitOverride?, _ turn: Turn, _ bytes: Span<UInt8>
    ) throws(Problem) {
        let pattern = bytes.extracting(item.id).copied()
        guard pattern.count <= 256 else { throw Problem(.badName, "a pattern is at most 256 bytes") }
        let command = LimitPolicyCommand(name: bytes.extracting(item.policy), action: .glob(pattern, override))
        try execute(.limitPolicy(command), turn)
        switch reply.outcome {
        case .miss(.never): throw Problem(.gone, "the policy has no such pattern")
        case .miss: throw Problem(.unknownPolicy, "there is no such policy")
        case .tooLarge: throw Problem(.unprocessable, "a policy has at most 256 patterns")
        case .memoryFull: throw refusal()
        default: return
        }
    }

    // MARK: Leases

    private mutating func changeLease(
        _ item: LimitItem, _ request: borrowing Request, _ turn: Turn, _ bytes: Span<UInt8>,
        response: inout ResponseWriter
    ) throws(Problem) {
        let whole = request.path
        let policy = RoutePath.segment(behind: RoutePath.limitPrefix, of: whole)
        let leases = RoutePath.segment(after: RoutePath.segment(after: policy, of: whole), of: whole)
        let text = whole.extracting(RoutePath.segment(after: leases, of: whole))
        guard let lease = text.hexadecimalValue() else { throw Problem(.gone, "there is no such lease") }
        if route.id == .releaseLease {
            _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; DELETE takes key64")
            try change(item, .release(lease: lease), turn, bytes)
            response.begin(204)
            return response.finishWithoutBody()
        }
        let parameters = try actionParameters(request, allowing: ParameterSet(.ttl), "unknown; a renewal takes ttl")
        let ttl = try parameters.duration(.ttl)?.milliseconds ?? 0
        try change(item, .renew(lease: lease, milliseconds: ttl), turn, bytes)
        answerState(item, bytes, at: turn.now, response: &response)
    }
}

/// How a question is asked, beside who and how much.
struct LimitQuestionForm {
    var now: Instant
    var isDry = false
    var reserve: Int64 = 0
    var wait: Int64 = 0
    /// Names the reservation or the lease that is granted.
    var nonce: UInt64 = 0

    init(at now: Instant) { self.now = now }

    init(_ parameters: borrowing Parameters, at now: Instant) throws(Problem) {
        self.now = now
        if parameters.isEmpty { return }
        isDry = try parameters.flag(.dryRun) ?? false
        reserve = try parameters.duration(.reserve)?.milliseconds ?? 0
        wait = try parameters.duration(.wait)?.milliseconds ?? 0
        if wait > Limits.wait { throw .bad(.wait, "at most 30s") }
        if isDry && (reserve > 0 || wait > 0) { throw .bad(.dryRun, "goes with neither reserve nor wait") }
        if let createdAt = try parameters.instant(.createdAt) {
            guard abs(createdAt.since(now)) <= DeskLimits.clockDifference else {
                throw .bad(.createdAt, "more than 5 s from this server's clock")
            }
            self.now = createdAt
        }
    }
}
