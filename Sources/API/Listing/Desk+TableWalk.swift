import Bytes
import CacheModel
import HTTP1

/// A page from a walk of the table.
///
/// The engine walks in steps and gives the rows of whole steps, so it may give a few more than were asked for; a page
/// must not. Where the rows of one step do not fit, they are shown in byte order and the cursor says behind which key
/// that step goes on. Rows of the step that are there throughout are thus shown at least once, also when the table
/// grows in between: what is split off comes later in the walk.
extension Desk {
    mutating func walkTable(
        _ query: borrowing ListQuery, _ cursor: consuming ListCursor?, _ turn: Turn, into page: inout ListPage
    ) throws(Problem) -> ListCursor? {
        var place: UInt64?
        var after = IOBuffer()
        if let cursor {
            place = cursor.tableCursor
            after.append(cursor.key.readable)
        }
        if after.isEmpty {
            try step(query, place, limit: query.limit, turn)
            if reply.rows.count <= query.limit {
                for row in reply.rows { page.append(row, key: reply.bytes.readable.extracting(row.key)) }
                return Self.cursor(at: reply.nextCursor)
            }
        }
        // Too many: again, step by step, which shows what does not fit. A step without a row has spent its budget.
        while true {
            try step(query, place, limit: 1, turn)
            if let last = appendStep(query, after, into: &page) {
                var next = ListCursor(ordered: false)
                next.tableCursor = place ?? 0
                next.key.append(last.readable)
                return next
            }
            after.removeAll()
            place = reply.nextCursor
            if place == nil || page.count >= query.limit || reply.rows.isEmpty { break }
        }
        return Self.cursor(at: place)
    }

    private static func cursor(at place: UInt64?) -> ListCursor? {
        guard let place else { return nil }
        var next = ListCursor(ordered: false)
        next.tableCursor = place
        return next
    }

    private mutating func step(
        _ query: borrowing ListQuery, _ place: UInt64?, limit: Int, _ turn: Turn
    ) throws(Problem) {
        let list = List(
            prefix: query.prefix.readable, ordered: false, start: Span(), end: Span(), delimiter: Span(),
            tableCursor: place, after: Span(), limit: limit)
        try execute(.list(list), turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
    }

    /// Appends the step's rows behind `after` while they fit.
    /// - Returns: the last key shown, where some did not fit.
    private func appendStep(
        _ query: borrowing ListQuery, _ after: borrowing IOBuffer, into page: inout ListPage
    ) -> IOBuffer? {
        let bytes = reply.bytes.readable
        var order = Array(reply.rows.indices)
        if order.count > 1 {
            order.sort { bytes.extracting(reply.rows[$0].key).precedes(bytes.extracting(reply.rows[$1].key)) }
        }
        for index in order {
            let key = bytes.extracting(reply.rows[index].key)
            if !after.isEmpty && !after.readable.precedes(key) { continue }
            if page.count == query.limit {
                var last = IOBuffer()
                last.append(page.lastKey.readable)
                return last
            }
            page.append(reply.rows[index], key: key)
        }
        return nil
    }
}

extension Span where Element == UInt8 {
    /// The order of unsigned bytes, the shorter of two that begin alike first.
    func precedes(_ other: Span<UInt8>) -> Bool {
        let shared = Swift.min(count, other.count)
        for index in 0..<shared where self[index] != other[index] { return self[index] < other[index] }
        return count < other.count
    }
}
