import Bytes
import CacheModel
import HTTP1
import JSON

/// `atomic=true`: all lines or none, in one step of the engine.
extension Desk {
    mutating func runAtomically(
        _ request: borrowing Request, _ base64: Bool, _ turn: Turn, into out: inout IOBuffer
    ) throws(Problem) {
        var bytes = IOBuffer()
        var group = AtomicGroup()
        try readGroup(request, turn, into: &group, &bytes)
        if group.operations.isEmpty { return }
        try execute(.group(Group(operations: group.operations.span, bytes: bytes.readable)), turn)
        switch reply.outcome {
        case .groupDone: break
        case .groupFailed: throw failure(of: group)
        default: throw Problem(reply, limits: api.settings.limits) ?? .unavailable
        }
        for index in reply.rows.indices where index < group.operations.count {
            appendRow(index, group, bytes.readable, base64, turn, into: &out)
        }
    }

    private mutating func readGroup(
        _ request: borrowing Request, _ turn: Turn, into group: inout AtomicGroup, _ bytes: inout IOBuffer
    ) throws(Problem) {
        var lines = BulkLines(request.body, .lines, from: .start)
        while let line = lines.next() {
            guard group.operations.count < Limits.groupOperations else {
                throw Problem(
                    .badRequest, "an atomic batch has more lines than the limit", .limit(Limits.groupOperations))
            }
            var parsed: BatchLine
            do throws(Problem) {
                parsed = try BatchLineReader.read(line.bytes, into: &bytes)
                try checkLine(parsed, bytes.readable)
                try group.add(parsed, line: line.number, in: bytes, at: turn.now, random: &random)
            } catch {
                // Of a line in a batch that does nothing, only where it stands is worth telling beside what it is.
                throw Problem(error.kind, error.detail, .line(line.number), closes: error.closes)
            }
        }
    }

    private func checkLine(_ line: BatchLine, _ bytes: Span<UInt8>) throws(Problem) {
        let needs: Permissions = line.operation == .get ? .read : .write
        if !principal.mayUse(bytes.extracting(line.key), needs) {
            throw .forbidden(principal.permissions.missing(from: needs))
        }
        let limit = api.settings.limits.valueBytes
        if line.value.count > limit { throw .tooLarge("a value is longer than the limit", limit: limit) }
    }

    /// 412 with the lines that failed; 507 where it was memory.
    private mutating func failure(of group: AtomicGroup) -> Problem {
        var json = JSONWriter()
        noted.removeAll()
        json.beginArray(into: &noted)
        var isMemory = false
        for index in reply.rows.indices where index < group.lines.count {
            let row = reply.rows[index]
            guard let problem = Problem(row, limits: api.settings.limits) else { continue }
            if problem.kind == .memoryFull { isMemory = true }
            json.beginObject(into: &noted)
            json.member("line", integer: group.lines[index], into: &noted)
            problem.append(noted: Span(), json: &json, into: &noted)
            json.endObject(into: &noted)
        }
        json.endArray(into: &noted)
        if isMemory {
            return Problem(
                .memoryFull, "memory is full and nothing may be evicted; nothing was changed", .notedFailures)
        }
        return Problem(.checkFailed, "lines of the atomic batch failed; nothing was changed", .notedFailures)
    }

    private func appendRow(
        _ index: Int, _ group: AtomicGroup, _ bytes: Span<UInt8>, _ base64: Bool, _ turn: Turn,
        into out: inout IOBuffer
    ) {
        let row = reply.rows[index]
        let key = bytes.extracting(group.operations[index].key)
        let stored = reply.bytes.readable
        if let problem = Problem(row, limits: api.settings.limits) {
            LineAnswer.failed(group.lines[index], problem, key: Span(), noted: Span(), into: &out)
        } else if group.kinds[index] == .get {
            LineAnswer.found(
                group.lines[index], key: key, row.info, fields: stored.extracting(row.fields),
                value: stored.extracting(row.value), at: turn.now, base64: base64, into: &out)
        } else {
            LineAnswer.written(
                group.lines[index], group.kinds[index], row.outcome, row.info.position, row.info, into: &out)
        }
    }
}

/// The operations of an atomic batch, each with its line.
struct AtomicGroup {
    private(set) var operations: [GroupOperation] = []
    private(set) var lines: [Int] = []
    private(set) var kinds: [BatchLine.Operation] = []

    mutating func add(
        _ line: BatchLine, line number: Int, in bytes: borrowing IOBuffer, at now: Instant, random: inout SplitMix64
    ) throws(Problem) {
        // 128 lines at most: comparing them all costs less than a table.
        let text = bytes.readable
        for other in operations where text.extracting(other.key).equals(text.extracting(line.key)) {
            throw .badRequest("an atomic batch names each key once")
        }
        operations.append(
            GroupOperation(
                verb: try Self.verb(line, at: now, random: &random), key: line.key, ifMatch: line.ifMatch,
                ifNoneMatch: line.ifNoneMatch, version: line.version))
        lines.append(number)
        kinds.append(line.operation)
    }

    private static func verb(
        _ line: BatchLine, at now: Instant, random: inout SplitMix64
    ) throws(Problem) -> GroupOperation.Verb {
        switch line.operation {
        case .get: return .get
        case .delete: return .delete
        case .append: return .append(bytes: line.value, maximumLength: line.maximumLength)
        case .put:
            return .put(
                value: line.value, fields: line.fields, lifetime: try line.wish.settled(at: now, random: &random))
        case .touch:
            guard case .set(let lifetime) = try line.wish.settled(at: now, random: &random) else {
                throw .bad(.ttl, "keep goes with put only")
            }
            return .touch(lifetime)
        }
    }
}

extension Problem {
    /// What a row's outcome means where it is a refusal.
    init?(_ row: ReplyRow, limits: Limits) {
        var reply = Reply()
        reply.outcome = row.outcome
        reply.entry = row.info
        self.init(reply, limits: limits)
    }
}
