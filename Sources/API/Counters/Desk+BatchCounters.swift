import Bytes
import CacheModel
import HTTP1
import JSON

/// POST /v1/counters:batch: many adds, a line each. Lines are independent unless `atomic=true`.
extension Desk {
    mutating func batchCounters(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let parameters = try parameters(
            request, allowing: ParameterSet(.atomic, .int), "unknown; a batch takes atomic and int")
        let isAtomic = try parameters.flag(.atomic) ?? false
        let quoted = try parameters.quotesIntegers()
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
            try addAtomically(request, quoted, turn, into: &out)
            return BulkPiece.send(out, next: nil, isFirst: true, response: &response)
        }
        let next = addLines(request, from: cursor, quoted, turn, into: &out)
        return BulkPiece.send(out, next: next, isFirst: cursor == .start, response: &response)
    }

    /// Does lines until a piece is full. - Returns: where to go on, nil at the end.
    private mutating func addLines(
        _ request: borrowing Request, from cursor: BulkCursor, _ quoted: Bool, _ turn: Turn, into out: inout IOBuffer
    ) -> BulkCursor? {
        var lines = BulkLines(request.body, .lines, from: cursor)
        var bytes = IOBuffer()
        var done = 0
        while let line = lines.next() {
            bytes.removeAll(keeping: 1 << 20)
            do throws(Problem) {
                let add: InlineArray<1, CounterAdd> = [try readAdd(line.bytes, into: &bytes)]
                try execute(add.span, bytes.readable, Precondition(), turn)
                let answer = reply.counters.answers.first ?? CounterAnswer()
                if let problem = counterProblem(reply.outcome, value: answer.value) { throw problem }
                let name = bytes.readable.extracting(add[0].name)
                tellCounter(name, answer.value, turn)
                Self.append(line.number, answer, name, reply.written, quoted, at: turn.now, into: &out)
            } catch {
                LineAnswer.failed(line.number, error, key: Span(), noted: Span(), into: &out)
            }
            done += 1
            if BulkPiece.isFull(out, lines: done) { return lines.cursor }
        }
        return nil
    }

    private mutating func readAdd(_ line: Span<UInt8>, into bytes: inout IOBuffer) throws(Problem) -> CounterAdd {
        var parameters = Parameters()
        let start = bytes.count
        try parameters.readLine(line, allowing: Self.addParameters, name: &bytes, noted: &noted)
        let name = ByteSlice(start: start, count: bytes.count - start)
        if !principal.mayUse(bytes.readable.extracting(name), .write) {
            throw .forbidden(principal.permissions.missing(from: .write))
        }
        return try counterAdd(name, parameters, into: &bytes)
    }

    private static func append(
        _ line: Int, _ answer: CounterAnswer, _ name: Span<UInt8>, _ written: Position, _ quoted: Bool,
        at now: Instant, into out: inout IOBuffer
    ) {
        var json = JSONWriter()
        json.beginObject(into: &out)
        json.member("line", integer: line, into: &out)
        json.member("status", integer: 200, into: &out)
        json.member("name", orBase64: "name64", bytes: name, into: &out)
        append(answer, quoted, at: now, json: &json, into: &out)
        if written != .none { LineAnswer.tag(written, json: &json, into: &out) }
        json.endObject(into: &out)
        out.append("\n")
    }

    // MARK: All or none

    private mutating func addAtomically(
        _ request: borrowing Request, _ quoted: Bool, _ turn: Turn, into out: inout IOBuffer
    ) throws(Problem) {
        var bytes = IOBuffer()
        var adds: [CounterAdd] = []
        var numbers: [Int] = []
        var lines = BulkLines(request.body, .lines, from: .start)
        while let line = lines.next() {
            guard adds.count < Limits.groupOperations else {
                throw Problem(
                    .badRequest, "an atomic batch has more lines than the limit", .limit(Limits.groupOperations))
            }
            do throws(Problem) {
                let add = try readAdd(line.bytes, into: &bytes)
                let name = bytes.readable.extracting(add.name)
                // 128 lines at most: comparing them all costs less than a table.
                for other in adds where bytes.readable.extracting(other.name).equals(name) {
                    throw .badRequest("an atomic batch names each counter once")
                }
                adds.append(add)
                numbers.append(line.number)
            } catch {
                throw Problem(error.kind, error.detail, .line(line.number), closes: error.closes)
            }
        }
        if adds.isEmpty { return }
        try execute(adds.span, bytes.readable, Precondition(), turn)
        for index in adds.indices where reply.counters.answers.count == adds.count {
            if let problem = failure(of: numbers) { throw problem }
            let name = bytes.readable.extracting(adds[index].name)
            tellCounter(name, reply.counters.answers[index].value, turn)
            Self.append(numbers[index], reply.counters.answers[index], name, .none, quoted, at: turn.now, into: &out)
        }
        if let problem = failure(of: numbers) { throw problem }
    }

    /// 412 with the lines that failed; nil where none did.
    private mutating func failure(of lines: [Int]) -> Problem? {
        let isAlone = lines.count == 1
        switch reply.outcome {
        case .groupDone, .created, .replaced: return nil
        case .groupFailed: break
        default:
            guard isAlone, reply.counters.answers.count == 1 else { return refusal() }
        }
        var json = JSONWriter()
        noted.removeAll()
        json.beginArray(into: &noted)
        for index in reply.counters.answers.indices {
            let answer = reply.counters.answers[index]
            guard let problem = counterProblem(answer.outcome, value: answer.value) else { continue }
            json.beginObject(into: &noted)
            json.member("line", integer: lines[index], into: &noted)
            problem.append(noted: Span(), json: &json, into: &noted)
            json.endObject(into: &noted)
        }
        json.endArray(into: &noted)
        return Problem(.checkFailed, "lines of the atomic batch failed; nothing was changed", .notedFailures)
    }
}
