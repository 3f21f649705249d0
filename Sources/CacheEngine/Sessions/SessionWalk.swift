import Bytes
import CacheModel

/// One page of a walk over all sessions, in the table's order.
///
/// A cursor of the table is a hash, and several sessions may have one: few, but a page must not exceed its limit for
/// them. They are shown by handle, and where they do not all fit, the walk goes on at the same hash, behind the handle
/// shown last.
struct SessionWalk {
    let limit: Int
    let wantsData: Bool
    var budget: Int
    /// Of the hash at the cursor those up to this handle have been shown; nil for none.
    var after: SessionHandle?

    init(_ command: SessionList, after: SessionHandle?, budget: Int) {
        limit = max(1, command.limit)
        wantsData = command.wantsData
        self.after = after
        self.budget = budget
    }

    func isOver(rows: Int) -> Bool { rows >= limit || budget <= 0 }

    /// Leaves what does not fit of the sessions of one hash, which are the last rows from `start` on.
    ///
    /// - Returns: true where the walk has to come back to this hash.
    mutating func close(_ start: Int, _ reply: inout Reply) -> Bool {
        if after == nil && reply.rows.count <= limit { return false }
        let shown = after
        var found = Self.byHandle(reply, from: start)
        if let shown { found.removeAll { $0.handle <= shown } }
        let fitting = found.prefix(limit - start)
        var rows = reply.rows
        rows.removeSubrange(start...)
        rows.append(contentsOf: fitting.map(\.row))
        reply.rows = rows
        after = fitting.count < found.count ? fitting.last?.handle ?? shown : nil
        return fitting.count < found.count
    }

    private static func byHandle(
        _ reply: borrowing Reply, from start: Int
    ) -> [(handle: SessionHandle, row: ReplyRow)] {
        var found: [(handle: SessionHandle, row: ReplyRow)] = []
        for index in start..<reply.rows.count {
            let row = reply.rows[index]
            guard let head = SessionHead(reply.bytes.readable.extracting(row.fields)) else { continue }
            found.append((head.handle, row))
        }
        found.sort { $0.handle < $1.handle }
        return found
    }
}

extension Shard {
    /// Adds rows of one sub-table; the slot hash to go on from, nil at its end.
    func walkSessions(
        _ walk: inout SessionWalk, _ cursor: TableCursor, _ now: Instant, _ reply: inout Reply
    ) -> UInt32? {
        let first = index.firstHash(table: cursor.table, from: cursor.hash)
        // Those that were at the cursor have all gone; the next hash is others'.
        if first != cursor.hash { walk.after = nil }
        guard var place = first else { return nil }
        while true {
            let start = reply.rows.count
            var looked = 0
            let next = index.walk(table: cursor.table, from: place) { reference in
                let entry = store.entry(reference)
                looked += 1
                if SessionKeys.isSession(entry.key), isVisible(entry, now), SessionHead(entry.fields.span) != nil {
                    reply.rows.append(ReplyRow(entry, wantsData: walk.wantsData, into: &reply.bytes))
                }
                return false
            }
            walk.budget -= looked
            if walk.close(start, &reply) { return place }
            guard let next else { return nil }
            place = next
            if walk.isOver(rows: reply.rows.count) { return next }
        }
    }
}
