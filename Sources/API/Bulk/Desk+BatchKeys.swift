import Bytes
import CacheModel
import HTTP1

/// POST /v1/keys:batch: many operations, one line each, done in order. Lines are independent unless `atomic=true`.
extension Desk {
    mutating func batchKeys(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let parameters = try parameters(
            request, allowing: ParameterSet(.atomic, .values), "unknown; a batch takes atomic and values")
        let isAtomic = try parameters.flag(.atomic) ?? false
        var base64 = false
        if let values = parameters[.values] {
            guard values.equals("base64") else { throw .bad(.values, "base64, or nothing for text where it is text") }
            base64 = true
        }
        _ = try BulkBody.form(of: request, allowingArray: false, "a batch is application/x-ndjson")
        var cursor = BulkCursor.start
        if case .drained(let packed) = turn.resumption {
            cursor = BulkCursor(packed: packed)
        } else {
            try checkBulkForm(request)
            try BulkBody.checkLineCount(request.body)
        }
        var out = IOBuffer()
        swap(&out, &scratch)
        out.removeAll()
        defer {
            out.removeAll(keeping: 1 << 18)
            swap(&out, &scratch)
        }
        if isAtomic {
            try runAtomically(request, base64, turn, into: &out)
            return BulkPiece.send(out, next: nil, isFirst: true, response: &response)
        }
        let next = runLines(request, from: cursor, base64, turn, into: &out)
        return BulkPiece.send(out, next: next, isFirst: cursor == .start, response: &response)
    }

    /// Does lines until a piece is full. - Returns: where to go on, nil at the end.
    private mutating func runLines(
        _ request: borrowing Request, from cursor: BulkCursor, _ base64: Bool, _ turn: Turn, into out: inout IOBuffer
    ) -> BulkCursor? {
        var lines = BulkLines(request.body, .lines, from: cursor)
        var bytes = IOBuffer()
        var done = 0
        while let line = lines.next() {
            bytes.removeAll(keeping: 1 << 20)
            do throws(Problem) {
                let parsed = try BatchLineReader.read(line.bytes, into: &bytes)
                try run(line.number, parsed, bytes.readable, base64, turn, into: &out)
            } catch {
                LineAnswer.failed(line.number, error, key: Span(), noted: Span(), into: &out)
            }
            done += 1
            if BulkPiece.isFull(out, lines: done) { return lines.cursor }
        }
        return nil
    }

    private mutating func run(
        _ number: Int, _ line: BatchLine, _ bytes: Span<UInt8>, _ base64: Bool, _ turn: Turn,
        into out: inout IOBuffer
    ) throws(Problem) {
        let key = bytes.extracting(line.key)
        let needs: Permissions = line.operation == .get ? .read : .write
        if !principal.mayUse(key, needs) { throw .forbidden(principal.permissions.missing(from: needs)) }
        let limit = api.settings.limits.valueBytes
        if line.value.count > limit { throw .tooLarge("a value is longer than the limit", limit: limit) }
        try execute(line, key, bytes, turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        if line.operation == .get {
            LineAnswer.found(
                number, key: key, reply.entry, fields: reply.fields.readable, value: reply.valueBytes, at: turn.now,
                base64: base64, into: &out)
        } else {
            LineAnswer.written(number, line.operation, reply.outcome, reply.written, reply.entry, into: &out)
        }
    }

    private mutating func execute(
        _ line: BatchLine, _ key: Span<UInt8>, _ bytes: Span<UInt8>, _ turn: Turn
    ) throws(Problem) {
        let match = LineCondition(line.ifMatch)
        let noneMatch = LineCondition(line.ifNoneMatch)
        let precondition = Precondition(
            ifMatch: match.condition, ifNoneMatch: noneMatch.condition, ifUnmodifiedSince: nil)
        switch line.operation {
        case .get:
            try execute(.read(Read(key: key, slides: false, acceptsStale: true, wantsValue: true)), turn)
        case .put:
            let lifetime = try line.wish.settled(at: turn.now, random: &random)
            let put = Put(
                key: key, value: bytes.extracting(line.value), fields: bytes.extracting(line.fields),
                lifetime: lifetime, version: line.version, precondition: precondition, wantsPrevious: false)
            try execute(.put(put), turn)
        case .delete:
            let delete = Delete(key: key, version: line.version, precondition: precondition, wantsPrevious: false)
            try execute(.delete(delete), turn)
        case .touch:
            guard case .set(let lifetime) = try line.wish.settled(at: turn.now, random: &random) else { return }
            let touch = Touch(key: key, change: .lifetime(lifetime), precondition: precondition, wantsValue: false)
            try execute(.touch(touch), turn)
        case .append:
            let extend = Extend(
                key: key, bytes: bytes.extracting(line.value), end: .back, maximumLength: line.maximumLength,
                fields: bytes.extracting(line.fields), precondition: precondition)
            try execute(.extend(extend), turn)
        }
    }
}

extension LineAnswer {
    /// A write by what became of it.
    static func written(
        _ number: Int, _ operation: BatchLine.Operation, _ outcome: Outcome, _ position: Position, _ info: EntryInfo,
        into out: inout IOBuffer
    ) {
        switch outcome {
        case .created:
            written(
                number, status: 201, position: position, length: operation == .append ? info.valueCount : nil,
                into: &out)
        case .resized: written(number, status: 200, position: position, length: info.valueCount, into: &out)
        case .replaced: written(number, status: 204, position: position, length: nil, into: &out)
        default: written(number, status: 204, position: .none, length: nil, into: &out)
        }
    }
}

/// One condition of a line as the engine takes it.
private struct LineCondition {
    private let positions: [Position]
    private let kind: GroupOperation.Condition

    init(_ condition: GroupOperation.Condition) {
        kind = condition
        if case .position(let position) = condition { positions = [position] } else { positions = [] }
    }

    var condition: TagCondition {
        @_lifetime(borrow self)
        get {
            switch kind {
            case .absent: .absent
            case .any: .any
            case .position, .unknownTag: .oneOf(positions.span)
            }
        }
    }
}
