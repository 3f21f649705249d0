import Bytes
import CacheModel
import HTTP1
import JSON

/// `…/ranking` and `…/seasons/{n}/ranking`: pages of rows; a closed season also whole, as lines.
extension Desk {
    mutating func readBoardRanking(
        _ path: borrowing BoardPath, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let parameters = try parameters(
            request,
            allowing: ParameterSet(.key64, .int, .from, .limit, .cursor, .min, .max, .window, .group, .rank),
            "unknown; a ranking takes from, limit, cursor, min, max, window, group, rank, int and key64")
        let wish = try BoardPageWish(parameters)
        let form = try Self.boardForm(parameters)
        let offers: InlineArray<2, MediaOffer> = [.json, .ndjson]
        guard let best = best(of: offers, request) else {
            throw Problem(.notAcceptable, "a ranking is application/json or application/x-ndjson")
        }
        let season = path.season > 0 ? path.season : nil
        if best == 1, season != nil, wish.limit == nil, !parameters.has(.cursor) {
            return try exportSeason(path, wish, form, turn, response: &response)
        }
        var query = IOBuffer()
        wish.describe(path, into: &query)
        let secret = api.settings.cursorSecret
        var cursor: BoardCursor? = nil
        if let text = parameters[.cursor] {
            if parameters.has(.from) { throw .bad(.from, "given beside a cursor, which says where to begin") }
            cursor = BoardCursor(text, query: query.readable, secret: secret.span)
            if cursor == nil {
                throw Problem(.badCursor, "the cursor is not one this ranking gave, or belongs to another query")
            }
        }
        try page(path, wish, cursor, turn)
        var next = IOBuffer()
        if reply.board.hasMore, let last = reply.board.rows.last {
            BoardCursor.append(
                BoardPlace(scores: last.scores, reached: last.reached),
                member: reply.board.bytes.readable.extracting(last.member), query: query.readable,
                secret: secret.span, to: &next)
        }
        answerPage(asLines: best == 1, form, next, request, response: &response)
        return .responded
    }

    private mutating func page(
        _ path: borrowing BoardPath, _ wish: borrowing BoardPageWish, _ cursor: consuming BoardCursor?, _ turn: Turn
    ) throws(Problem) {
        var after = IOBuffer()
        var place: BoardPlace?
        if let cursor {
            after.append(copying: cursor.member)
            place = cursor.place
        }
        let view = wish.view.view(season: path.season > 0 ? path.season : nil)
        try execute(
            .ranking(
                BoardRanking(
                    view: view, style: wish.view.style, minimum: wish.minimum, maximum: wish.maximum,
                    skipped: wish.skipped, after: place, afterMember: after.readable, limit: wish.limit ?? 100)),
            on: path.board.readable, turn)
    }

    private mutating func answerPage(
        asLines: Bool, _ form: BoardJSON, _ next: borrowing IOBuffer, _ request: borrowing Request,
        response: inout ResponseWriter
    ) {
        scratch.removeAll()
        if asLines {
            appendLines(form)
        } else {
            var json = JSONWriter()
            json.beginObject(into: &scratch)
            json.name("items", into: &scratch)
            json.beginArray(into: &scratch)
            for index in reply.board.rows.indices {
                json.beginObject(into: &scratch)
                appendRow(index, form, json: &json)
                json.endObject(into: &scratch)
            }
            json.endArray(into: &scratch)
            json.member("of", integer: reply.board.of, into: &scratch)
            if next.isEmpty {
                json.memberNull("next", into: &scratch)
            } else {
                json.member("next", string: next.readable, into: &scratch)
            }
            json.endObject(into: &scratch)
            scratch.append("\n")
        }
        response.begin(200)
        response.fields(asLines ? Surface.ndjson : Surface.json)
        if !next.isEmpty { Self.writeLink(to: next, path: request.path, request, response: &response) }
        response.fields("Cache-Control: no-cache\r\nVary: Accept\r\n")
        response.finish(length: scratch.count)
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }

    /// The reply's rows, a line each.
    private mutating func appendLines(_ form: BoardJSON) {
        for index in reply.board.rows.indices {
            var json = JSONWriter()
            json.beginObject(into: &scratch)
            appendRow(index, form, json: &json)
            json.endObject(into: &scratch)
            scratch.append("\n")
        }
    }

    // MARK: Export

    /// A closed season whole, as lines: nothing in it moves, so a piece goes on where the last one ended. Of the open
    /// season, too, where it stands meanwhile.
    private mutating func exportSeason(
        _ path: borrowing BoardPath, _ given: borrowing BoardPageWish, _ form: BoardJSON, _ turn: Turn,
        response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        var done = 0
        var isFirst = true
        if case .drained(let cursor) = turn.resumption {
            done = cursor
            isFirst = false
        }
        let view = given.view.view(season: path.season)
        try execute(
            .ranking(
                BoardRanking(
                    view: view, style: given.view.style, minimum: given.minimum, maximum: given.maximum,
                    skipped: given.skipped + done, after: nil, afterMember: Span(), limit: Limits.pageRows)),
            on: path.board.readable, turn)
        scratch.removeAll()
        appendLines(form)
        done += reply.board.rows.count
        if isFirst {
            response.begin(200)
            response.fields(Surface.ndjson)
            response.fields("Cache-Control: no-cache\r\nVary: Accept\r\n")
            if !reply.board.hasMore || isHead {
                response.finish(length: scratch.count)
                response.body(scratch.readable)
                return .responded
            }
            response.finishChunked()
        }
        response.beginChunk()
        response.buffer.append(scratch.readable)
        response.endChunk()
        scratch.removeAll(keeping: 1 << 18)
        if reply.board.hasMore { return .streaming(cursor: done) }
        response.endChunks()
        return .responded
    }
}

/// Which part of which ranking a request asks for.
struct BoardPageWish: ~Copyable {
    private(set) var view = BoardViewWish()
    private(set) var minimum: Int64?
    private(set) var maximum: Int64?
    private(set) var skipped = 0
    /// Nil where none was given.
    private(set) var limit: Int?

    init(_ parameters: borrowing Parameters) throws(Problem) {
        view = try BoardViewWish(parameters)
        minimum = try Self.score(.min, parameters)
        maximum = try Self.score(.max, parameters)
        if let minimum, let maximum, minimum > maximum { throw .bad(.min, "not above max") }
        let from = try parameters.number(.from, in: 1...Int64(UInt32.max), "1 for the best")
        skipped = Int(from ?? 1) - 1
        limit = try parameters.number(.limit, in: 1...Int64(Limits.pageRows), "1 to 1000").map { Int($0) }
    }

    private static func score(_ parameter: Parameter, _ parameters: borrowing Parameters) throws(Problem) -> Int64? {
        guard let text = parameters[parameter] else { return nil }
        if let value = text.decimalValue() { return value }
        guard text.count > 1, text[0] == UInt8(ascii: "-"),
            let magnitude = text.extracting(1..<text.count).unsignedDecimalValue(), magnitude <= 1 << 63
        else { throw .bad(parameter, "an integer of 64 bits") }
        return Int64(truncatingIfNeeded: 0 &- magnitude)
    }

    /// What a cursor of this ranking is bound to.
    func describe(_ path: borrowing BoardPath, into out: inout IOBuffer) {
        let view = view.view(season: nil)
        out.append(decimal: path.board.count)
        out.append(":")
        out.append(copying: path.board)
        out.append(decimal: path.season)
        out.append(",")
        view.window?.append(to: &out)
        out.append(",")
        out.append(decimal: view.group.count)
        out.append(":")
        out.append(view.group)
        out.append(decimal: view.value.count)
        out.append(":")
        out.append(view.value)
        for bound in [minimum, maximum] {
            out.append(",")
            if let bound { out.append(decimal: bound) }
        }
    }
}
