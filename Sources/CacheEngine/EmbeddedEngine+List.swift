import Bytes
import CacheModel

/// Where a walk of the table is: shard, sub-table and slot hash. As tables are kept in hash order, neither writes nor
/// growth move what lies behind a cursor to before it, or the other way round.
struct TableCursor {
    var shard: Int
    var table: Int
    var hash: UInt32

    init(shard: Int, table: Int, hash: UInt32) {
        self.shard = shard
        self.table = table
        self.hash = hash
    }

    init(packed: UInt64) {
        shard = Int(packed >> 40)
        table = Int(packed >> 32 & 0xFF)
        hash = UInt32(truncatingIfNeeded: packed)
    }

    var packed: UInt64 { UInt64(shard) << 40 | UInt64(table) << 32 | UInt64(hash) }

    /// Goes to the start of the next sub-table.
    mutating func nextTable() {
        hash = 0
        table += 1
        if table == HashIndex.tableCount {
            table = 0
            shard += 1
        }
    }
}

extension EmbeddedEngine {
    /// Entries one page looks at, at most: a prefix that few keys have gives short pages, not long pauses.
    static let walkBudget = 10_000

    func list(_ command: List, _ now: Instant, _ reply: inout Reply) {
        if command.ordered { return listInOrder(command, now, &reply) }
        reply.outcome = .page
        var cursor = command.tableCursor.map { TableCursor(packed: $0) } ?? TableCursor(shard: 0, table: 0, hash: 0)
        guard cursor.table < HashIndex.tableCount else { return }
        var walk = TableWalk(prefix: RawBytes(command.prefix), limit: max(1, command.limit), budget: Self.walkBudget)
        while cursor.shard < shardCount {
            let shard = shards[cursor.shard]
            shard.lock.lock()
            let next = shard.state.pointee.walk(&walk, cursor, now, reply: &reply)
            shard.state.pointee.setHorizon(of: &reply)
            shard.lock.unlock()
            if let next { cursor.hash = next } else { cursor.nextTable() }
            if walk.isOver(rows: reply.rows.count) { break }
        }
        if cursor.shard < shardCount { reply.nextCursor = cursor.packed }
        reply.raiseHorizonToRows()
    }
}
