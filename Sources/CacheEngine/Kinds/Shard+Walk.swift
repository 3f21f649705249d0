import Bytes
import CacheModel

/// One page of a walk in the table's order.
struct TableWalk {
    let prefix: RawBytes
    let limit: Int
    var budget: Int

    func isOver(rows: Int) -> Bool { rows >= limit || budget <= 0 }
}

extension Shard {
    /// Adds rows from one sub-table; the slot hash to go on from, nil at the sub-table's end.
    func walk(_ walk: inout TableWalk, _ cursor: TableCursor, _ now: Instant, reply: inout Reply) -> UInt32? {
        var budget = walk.budget
        let (prefix, limit) = (walk.prefix, walk.limit)
        let next = index.walk(table: cursor.table, from: cursor.hash) { reference in
            let entry = store.entry(reference)
            budget -= 1
            if entry.key.starts(with: prefix), isVisible(entry, now) { Self.addRow(entry, to: &reply) }
            return reply.rows.count < limit && budget > 0
        }
        walk.budget = budget
        return next
    }

    @inline(always)
    func isVisible(_ entry: Entry, _ now: Instant) -> Bool {
        entry.flags.isDisjoint(with: .lifetime) || now.milliseconds < entry.times.visibleUntil
    }

    /// A listing's row: all but the value.
    static func addRow(_ entry: Entry, to reply: inout Reply) {
        var row = ReplyRow(outcome: .hit)
        row.key = add(entry.key, to: &reply)
        row.fields = add(entry.fields, to: &reply)
        entry.fill(&row.info)
        reply.rows.append(row)
    }

    static func add(_ bytes: RawBytes, to reply: inout Reply) -> ByteSlice {
        let start = reply.bytes.count
        reply.bytes.append(bytes.span)
        return ByteSlice(start: start, count: bytes.count)
    }
}
