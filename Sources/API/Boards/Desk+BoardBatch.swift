import Bytes
import CacheModel
import HTTP1
import JSON

/// POST …/batch: submissions, a line each, done in order.
extension Desk {
    mutating func batchBoard(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let parameters = try parameters(
            request, allowing: ParameterSet(.key64, .int), "unknown; a batch takes int and key64")
        let form = try Self.boardForm(parameters)
        _ = try BulkBody.form(of: request, allowingArray: false, "a batch is application/x-ndjson")
        var cursor = BulkCursor.start
        if case .drained(let packed) = turn.resumption {
            cursor = BulkCursor(packed: packed)
        } else {
            try checkBulkForm(request)
            try BulkBody.checkLineCount(request.body)
            // A board that is not there fails the batch, not each of its lines.
            try execute(.describe, on: path.board.readable, turn)
        }
        var out = IOBuffer()
        swap(&out, &scratch)
        out.removeAll()
        defer {
            out.removeAll(keeping: 1 << 18)
            swap(&out, &scratch)
        }
        let next = submitLines(path, request, from: cursor, form, turn, into: &out)
        return BulkPiece.send(out, next: next, isFirst: cursor == .start, response: &response)
    }

    /// Does lines until a piece is full. - Returns: where to go on, nil at the end.
    private mutating func submitLines(
        _ path: borrowing BoardPath, _ request: borrowing Request, from cursor: BulkCursor, _ form: BoardJSON,
        _ turn: Turn, into out: inout IOBuffer
    ) -> BulkCursor? {
        var lines = BulkLines(request.body, .lines, from: cursor)
        var done = 0
        while let line = lines.next() {
            var text = BoardSubmissionText()
            do throws(Problem) {
                try BoardSubmissionReader.read(
                    line.bytes, isLine: true, allowsText: form.quotesScores, into: &text, noted: &noted)
                try submit(text, text.member.readable, to: path.board.readable, isExact: false, turn)
                var json = JSONWriter()
                json.beginObject(into: &out)
                json.member("line", integer: line.number, into: &out)
                json.member("status", integer: 200, into: &out)
                json.member("member", orBase64: "member64", bytes: text.member.readable, into: &out)
                form.append(reply.board, json: &json, into: &out)
                json.endObject(into: &out)
                out.append("\n")
            } catch {
                LineAnswer.failed(line.number, error, key: Span(), noted: noted.readable, into: &out)
            }
            done += 1
            if BulkPiece.isFull(out, lines: done) { return lines.cursor }
        }
        return nil
    }
}
