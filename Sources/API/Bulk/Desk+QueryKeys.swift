import Bytes
import CacheModel
import HTTP1
import JSON

/// QUERY /v1/keys and POST /v1/keys:query: many reads, one line each.
extension Desk {
    mutating func queryKeys(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let wish = try queryWish(request)
        let form = try BulkBody.form(
            of: request, allowingArray: true, "a query is application/x-ndjson or application/json")
        var cursor = BulkCursor.start
        if case .drained(let packed) = turn.resumption {
            cursor = BulkCursor(packed: packed)
        } else {
            try checkBulkForm(request)
            switch form {
            case .lines: try BulkBody.checkLineCount(request.body)
            case .array: try BulkBody.checkArray(request.body, noted: &noted)
            }
        }
        var out = IOBuffer()
        swap(&out, &scratch)
        out.removeAll()
        defer {
            out.removeAll(keeping: 1 << 18)
            swap(&out, &scratch)
        }
        let next = readLines(request, form, from: cursor, wish, turn, into: &out)
        return BulkPiece.send(out, next: next, isFirst: cursor == .start, response: &response)
    }

    private mutating func queryWish(_ request: borrowing Request) throws(Problem) -> QueryWish {
        let parameters = try parameters(
            request, allowing: ParameterSet(.values, .touch, .stale), "unknown; a query takes values, touch and stale")
        var wish = QueryWish()
        if let values = parameters[.values] {
            guard values.equals("base64") else { throw .bad(.values, "base64, or nothing for text where it is text") }
            wish.base64 = true
        }
        wish.touch = try parameters.flag(.touch) ?? false
        wish.acceptsStale = try parameters.flag(.stale) ?? true
        return wish
    }

    /// A bulk answer has one form.
    func checkBulkForm(_ request: borrowing Request) throws(Problem) {
        let offers: InlineArray<2, MediaOffer> = [.ndjson, .json]
        guard best(of: offers, request) != nil else {
            throw Problem(.notAcceptable, "the answer is application/x-ndjson")
        }
    }

    /// Reads until a piece is full. - Returns: where to go on, nil at the end.
    private mutating func readLines(
        _ request: borrowing Request, _ form: BulkForm, from cursor: BulkCursor, _ wish: QueryWish, _ turn: Turn,
        into out: inout IOBuffer
    ) -> BulkCursor? {
        var lines = BulkLines(request.body, form, from: cursor)
        var name = IOBuffer()
        var done = 0
        while let line = lines.next() {
            name.removeAll()
            do throws(Problem) {
                try KeyItem.read(line.bytes, into: &name)
                try readLine(line.number, name.readable, wish, turn, into: &out)
            } catch {
                if error.kind != .notFound { name.removeAll() }
                LineAnswer.failed(line.number, error, key: name.readable, noted: Span(), into: &out)
            }
            done += 1
            if BulkPiece.isFull(out, lines: done) { return lines.cursor }
        }
        return nil
    }

    private mutating func readLine(
        _ number: Int, _ key: Span<UInt8>, _ wish: QueryWish, _ turn: Turn, into out: inout IOBuffer
    ) throws(Problem) {
        if !principal.mayUse(key, .read) { throw .forbidden("read") }
        try execute(
            .read(Read(key: key, slides: wish.touch, acceptsStale: wish.acceptsStale, wantsValue: true)), turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        LineAnswer.found(
            number, key: key, reply.entry, fields: reply.fields.readable, value: reply.valueBytes, at: turn.now,
            base64: wish.base64, into: &out)
    }
}

/// What a bulk read asks of every line.
private struct QueryWish {
    var base64 = false
    var touch = false
    var acceptsStale = true
}
