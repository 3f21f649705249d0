import Bytes
import CacheModel
import HTTP1
import JSON
import Observability

/// `/v1/limits:check`, `:batch`, `:commit` and `:refund`: questions about several ids, and what settles them.
extension Desk {
    // MARK: check

    /// All consume or none does.
    mutating func checkLimits(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.reserve, .dryRun, .deny),
            "unknown; a check takes reserve, dry_run and deny")
        var form = try LimitQuestionForm(parameters, at: turn.now)
        form.nonce = random.next()
        let denial = try Self.denial(parameters)
        guard let field = request.field(.contentType), let type = MediaType.parse(field),
            type.is("application", "json")
        else { throw Problem(.unsupportedMediaType, "a check is an application/json array") }
        var bytes = IOBuffer()
        let items = try Self.items(request.body, into: &bytes)
        for item in items where !principal.mayUse(bytes.readable.extracting(item.policy), .write) {
            throw .forbidden(principal.permissions.missing(from: .write))
        }
        try ask(items.span, bytes.readable, form, turn)
        let verdicts = reply.limits.verdicts
        for verdict in verdicts {
            if let problem = Self.problem(verdict) { throw problem }
            metrics.count(verdict)
        }
        var reservation = IOBuffer()
        if form.reserve > 0, verdicts.allSatisfy(\.isAllowed) {
            LimitReservation.append(form.nonce, items, bytes.readable, to: &reservation)
        }
        answer(verdicts, items, bytes.readable, denial, reservation.readable, response: &response)
    }

    /// `[{"policy":"api","id":"alice","cost":1}, …]`
    private static func items(_ body: Span<UInt8>, into bytes: inout IOBuffer) throws(Problem) -> [LimitItem] {
        var items: [LimitItem] = []
        var refusal: Problem?
        do throws(JSONError) {
            var reader = JSONReader(body)
            try reader.beginArray()
            while try reader.nextElement() {
                let item = try LimitItemReader.read(from: &reader, into: &bytes, &refusal)
                items.append(item)
                if items.count > DeskLimits.checks {
                    refusal =
                        refusal ?? Problem(.badRequest, "a check has at most 16 policies", .limit(DeskLimits.checks))
                    items.removeLast()
                }
            }
            try reader.finish()
        } catch {
            throw .badRequest(error.reason.message)
        }
        if let refusal { throw refusal }
        guard !items.isEmpty else { throw .badRequest("a check names at least one policy and id") }
        for index in items.indices {
            for other in 0..<index
            where bytes.readable.extracting(items[other].policy).equals(bytes.readable.extracting(items[index].policy))
                && bytes.readable.extracting(items[other].id).equals(bytes.readable.extracting(items[index].id))
            {
                throw .badRequest("a check names each id of a policy once")
            }
        }
        return items
    }

    private mutating func answer(
        _ verdicts: [LimitVerdict], _ items: [LimitItem], _ bytes: Span<UInt8>, _ denial: LimitDenial,
        _ reservation: Span<UInt8>, response: inout ResponseWriter
    ) {
        let violated = verdicts.indices.filter { !verdicts[$0].isAllowed }
        let status = violated.isEmpty ? 200 : denial.rawValue
        let isProblem = !violated.isEmpty && denial != .answered
        // The one that keeps the caller out longest.
        let binding = violated.max { verdicts[$0].retryAfter < verdicts[$1].retryAfter }
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        if isProblem { Self.appendProblem(status, json: &json, into: &scratch) }
        json.member("allowed", bool: violated.isEmpty, into: &scratch)
        if let binding {
            json.member(
                "binding", orBase64: "binding64", bytes: bytes.extracting(items[binding].policy), into: &scratch)
            json.member("retry_after_ms", integer: verdicts[binding].retryAfter, into: &scratch)
            json.name("violated-policies", into: &scratch)
            json.beginArray(into: &scratch)
            for index in violated {
                Self.append(name: bytes.extracting(items[index].policy), json: &json, into: &scratch)
            }
            json.endArray(into: &scratch)
        }
        json.name("results", into: &scratch)
        json.beginArray(into: &scratch)
        for index in verdicts.indices {
            json.beginObject(into: &scratch)
            Self.append(verdicts[index], bytes.extracting(items[index].policy), json: &json, into: &scratch)
            json.endObject(into: &scratch)
        }
        json.endArray(into: &scratch)
        if !reservation.isEmpty { json.member("reservation", string: reservation, into: &scratch) }
        json.endObject(into: &scratch)
        scratch.append("\n")
        response.begin(status)
        response.fields(
            isProblem
                ? "Content-Type: application/problem+json\r\nX-Content-Type-Options: nosniff\r\n" : Surface.json)
        let policies = items.map(\.policy)
        writeLimitFields(verdicts.span, policies.span, bytes, response: &response)
        if let binding { response.field("Retry-After", decimal: RateLimitFields.retryAfter(verdicts[binding])) }
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    // MARK: batch

    /// Independent questions, a line each.
    mutating func batchLimits(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        try refuseParameters(request)
        _ = try BulkBody.form(of: request, allowingArray: false, "a batch is application/x-ndjson")
        try checkBulkForm(request)
        var count = 0
        for index in request.body.indices where request.body[index] == ASCII.lineFeed { count += 1 }
        guard count <= DeskLimits.lines else {
            throw Problem(.badRequest, "a batch has at most 1000 lines", .limit(DeskLimits.lines))
        }
        var out = IOBuffer()
        var lines = BulkLines(request.body, .lines, from: .start)
        var bytes = IOBuffer()
        while let line = lines.next() {
            bytes.removeAll(keeping: 1 << 20)
            do throws(Problem) {
                let item = try readItem(line.bytes, into: &bytes)
                var form = LimitQuestionForm(at: turn.now)
                form.nonce = random.next()
                let items: InlineArray<1, LimitItem> = [item]
                try ask(items.span, bytes.readable, form, turn)
                guard let verdict = reply.limits.verdicts.first else { throw .unavailable }
                if let problem = Self.problem(verdict) { throw problem }
                metrics.count(verdict)
                var json = JSONWriter()
                json.beginObject(into: &out)
                json.member("line", integer: line.number, into: &out)
                json.member("status", integer: verdict.isAllowed ? 200 : 429, into: &out)
                Self.append(verdict, bytes.readable.extracting(item.policy), json: &json, into: &out)
                json.endObject(into: &out)
                out.append("\n")
            } catch {
                LineAnswer.failed(line.number, error, key: Span(), noted: Span(), into: &out)
            }
        }
        return BulkPiece.send(out, next: nil, isFirst: true, response: &response)
    }

    private func readItem(_ line: Span<UInt8>, into bytes: inout IOBuffer) throws(Problem) -> LimitItem {
        var refusal: Problem?
        let item: LimitItem
        do throws(JSONError) {
            var reader = JSONReader(line)
            item = try LimitItemReader.read(from: &reader, into: &bytes, &refusal)
            try reader.finish()
        } catch {
            throw .badRequest(error.reason.message)
        }
        if let refusal { throw refusal }
        if !principal.mayUse(bytes.readable.extracting(item.policy), .write) {
            throw .forbidden(principal.permissions.missing(from: .write))
        }
        return item
    }

    // MARK: commit, refund

    mutating func settleLimits(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let isCommit = route.id == .commitLimits
        let allowed = isCommit ? ParameterSet(.reservation, .cost) : ParameterSet(.reservation)
        let parameters = try actionParameters(request, allowing: allowed, "unknown; takes reservation, and commit cost")
        var bytes = IOBuffer()
        guard let text = parameters[.reservation] else { throw .bad(.reservation, "what the question answered") }
        guard let reservation = LimitReservation.read(text, into: &bytes) else {
            throw .bad(.reservation, "not a reservation of this server")
        }
        if isCommit && !parameters.has(.cost) { throw .bad(.cost, "a commit names the true cost") }
        let cost = isCommit ? try Self.cost(parameters) : 0
        var verdicts: [LimitVerdict] = []
        for item in reservation.items {
            if !principal.mayUse(bytes.readable.extracting(item.policy), .write) {
                throw .forbidden(principal.permissions.missing(from: .write))
            }
            try change(item, .settle(nonce: reservation.nonce, cost: cost), turn, bytes.readable)
            if let verdict = reply.limits.verdicts.first { verdicts.append(verdict) }
        }
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        json.name("results", into: &scratch)
        json.beginArray(into: &scratch)
        for index in verdicts.indices {
            json.beginObject(into: &scratch)
            let policy = bytes.readable.extracting(reservation.items[index].policy)
            json.member("policy", orBase64: "policy64", bytes: policy, into: &scratch)
            json.member("remaining", integer: verdicts[index].remaining, into: &scratch)
            json.member("reset_ms", integer: verdicts[index].resetAfter, into: &scratch)
            json.endObject(into: &scratch)
        }
        json.endArray(into: &scratch)
        json.endObject(into: &scratch)
        scratch.append("\n")
        response.begin(200)
        response.fields(Surface.json)
        let policies = reservation.items.map(\.policy)
        writeLimitFields(verdicts.span, policies.span, bytes.readable, response: &response)
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }
}

/// Reads `{"policy":"api","id":"alice","cost":1}`.
enum LimitItemReader {
    static func read(
        from reader: inout JSONReader, into bytes: inout IOBuffer, _ refusal: inout Problem?
    ) throws(JSONError) -> LimitItem {
        var policy: ByteSlice?
        var id: ByteSlice?
        var cost: Int64 = 1
        try reader.beginObject()
        while let member = try reader.nextMember() {
            if reader.matches(member, "cost") {
                cost = try reader.integer()
            } else if reader.matches(member, "policy") {
                policy = append(try reader.string(), of: reader, into: &bytes)
            } else if reader.matches(member, "id") {
                id = append(try reader.string(), of: reader, into: &bytes)
            } else if reader.matches(member, "policy64") {
                policy = decode(try reader.string(), of: reader, into: &bytes)
            } else if reader.matches(member, "id64") {
                id = decode(try reader.string(), of: reader, into: &bytes)
            } else {
                try reader.skipValue()
                refusal = refusal ?? .badRequest("a question has policy, id and cost")
            }
        }
        if !(0...LimitSettings.mostQuota).contains(cost) {
            refusal = refusal ?? .bad(.cost, "a whole number from 0 to 1000000000")
        }
        guard let policy, let id, (1...Limits.keyBytes).contains(Int(policy.count)),
            (1...Limits.keyBytes).contains(Int(id.count))
        else {
            refusal = refusal ?? Problem(.badName, "a question names policy and id, each of 1 to 4096 bytes")
            return LimitItem(policy: .empty, id: .empty)
        }
        var item = LimitItem(policy: policy, id: id)
        item.cost = cost
        return item
    }

    private static func append(
        _ text: JSONText, of reader: borrowing JSONReader, into bytes: inout IOBuffer
    ) -> ByteSlice {
        let start = bytes.count
        reader.append(text, into: &bytes)
        return ByteSlice(start: start, count: bytes.count - start)
    }

    private static func decode(
        _ text: JSONText, of reader: borrowing JSONReader, into bytes: inout IOBuffer
    ) -> ByteSlice? {
        let start = bytes.count
        guard Base64Member.decode(text, of: reader, into: &bytes) else { return nil }
        return ByteSlice(start: start, count: bytes.count - start)
    }
}
