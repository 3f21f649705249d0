import Bytes
import CacheModel

/// Rows: states of a kind whose meaning is a room's above, which has its own memory of them. Here they are bytes under
/// names, in the log, the snapshots and the digest as every state is, and never evicted.
extension EmbeddedEngine {
    /// Writes a row, over the one of the same name.
    ///
    /// - Parameter end: when it goes by itself, `.never` for never.
    /// - Returns: its position, `.none` when memory is full and nothing was written.
    package func putRow(
        _ kind: Kind, _ name: Span<UInt8>, _ row: Span<UInt8>, until end: Instant, at now: Instant,
        _ reply: inout Reply
    ) -> Position {
        reply.reset()
        change(kind, name, by: RowWrite(row, until: end, at: now), now, &reply)
        return reply.written
    }

    /// Takes a row away.
    /// - Returns: the position of that, `.none` when it was not there.
    package func removeRow(_ kind: Kind, _ name: Span<UInt8>, at now: Instant, _ reply: inout Reply) -> Position {
        reply.reset()
        change(kind, name, by: RowRemoval(), now, &reply)
        return reply.written
    }

    /// Gives every row of a kind, in no order, with its shard locked: `body` must not call the engine.
    package func forEachRow(of kind: Kind, _ body: (_ name: Span<UInt8>, _ row: Span<UInt8>) -> Void) {
        for number in shardCount..<allShardCount {
            locked(shards[number]) { shard in
                for table in 0..<HashIndex.tableCount {
                    _ = shard.index.walk(table: table, from: 0) { reference in
                        let entry = shard.store.entry(reference)
                        let name = shard.loggedName(entry.key)
                        if name.kind == kind { body(name.key.span, entry.value.span) }
                        return true
                    }
                }
            }
        }
    }

    /// Which run of positions this is.
    package var epoch: UInt16 { UInt16(truncatingIfNeeded: context.pointee.epoch) }
}

private struct RowWrite: StateFunction, ~Escapable {
    let row: Span<UInt8>
    let times: EntryTimes

    @_lifetime(copy row)
    init(_ row: Span<UInt8>, until end: Instant, at now: Instant) {
        self.row = row
        times = EntryTimes(Lifetime(expiresAt: end), at: now)
    }

    var replacesEnded: Bool { true }

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        reply.workspace.drafts.append(row)
        return .put(reply.workspace, times)
    }
}

private struct RowRemoval: StateFunction {
    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        entry == nil ? .none : .delete
    }
}
