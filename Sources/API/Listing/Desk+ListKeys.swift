import Bytes
import CacheModel
import HTTP1

/// GET /v1/keys: one page of keys, in byte order by the index, or as the table has them.
extension Desk {
    mutating func listKeys(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ListQuery.parameters,
            """
            unknown; a list takes prefix, limit, cursor, order, start, end, delimiter, fields, \
            and prefix64, start64, end64
            """
        )
        let query = try ListQuery(parameters, isIndexed: api.settings.orderedKeys)
        if query.ordered && !api.settings.orderedKeys {
            throw Problem(
                .notIndexed, "order, start, end and delimiter need the ordered index: start with --ordered-keys")
        }
        let offers: InlineArray<2, MediaOffer> = [.json, .ndjson]
        guard let form = best(of: offers, request) else {
            throw Problem(.notAcceptable, "a list is application/json or application/x-ndjson")
        }
        let secret = secret(query)
        var cursor: ListCursor? = nil
        if let text = parameters[.cursor] {
            cursor = ListCursor(text, for: query, secret: secret.span)
            if cursor == nil {
                throw Problem(.badCursor, "the cursor is not one this list gave, or belongs to another query")
            }
        }
        var page = ListPage(asLines: form == 1, shows: query.shows, at: turn.now)
        let next: ListCursor?
        if query.ordered {
            next = try listInOrder(query, cursor, turn, into: &page)
        } else {
            next = try walkTable(query, cursor, turn, into: &page)
        }
        var nextText = IOBuffer()
        if let next { next.append(for: query, secret: secret.span, to: &nextText) }
        answer(page, query, nextText, request, response: &response)
    }

    /// A walk's cursor means nothing to another process; an ordered one is a key and means the same everywhere.
    private func secret(_ query: borrowing ListQuery) -> [UInt8] {
        query.ordered ? api.settings.cursorSecret : api.processSecret
    }

    private mutating func listInOrder(
        _ query: borrowing ListQuery, _ cursor: consuming ListCursor?, _ turn: Turn, into page: inout ListPage
    ) throws(Problem) -> ListCursor? {
        var after = IOBuffer()
        if let cursor { after.append(cursor.key.readable) }
        let list = List(
            prefix: query.prefix.readable, ordered: true, start: query.start.readable, end: query.end.readable,
            delimiter: query.delimiter.readable, tableCursor: nil, after: after.readable, limit: query.limit)
        try execute(.list(list), turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        for row in reply.rows { page.append(row, key: reply.bytes.readable.extracting(row.key)) }
        guard reply.nextCursor != nil else { return nil }
        var next = ListCursor(ordered: true)
        if page.count > 0 { next.key.append(copying: page.lastKey) } else { next.key.append(copying: after) }
        return next
    }
}
