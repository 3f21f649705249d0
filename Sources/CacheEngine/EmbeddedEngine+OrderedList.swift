import Bytes
import CacheModel

/// Pages in byte order: each shard offers its next keys in chunks, and the smallest offer is taken until the page is
/// full.
///
/// One shard is locked at a time, for the time of one chunk. The page goes on behind a key, not at a place, so a key
/// that is there throughout appears exactly once, whatever is written meanwhile.
extension EmbeddedEngine {
    func listInOrder(_ command: List, _ now: Instant, _ reply: inout Reply) {
        guard isOrdered else {
            reply.outcome = .notIndexed
            return
        }
        reply.outcome = .page
        let limit = max(1, command.limit)
        var merge = OrderedMerge(OrderedQuery(command), shardCount: shardCount, limit: limit)
        for number in 0..<shardCount { merge.refill(number, of: self, after: RawBytes(command.after), now) }
        revealUntagged(in: &reply)
        defer { reply.raiseHorizonToRows() }
        while reply.rows.count < limit {
            guard merge.takeSmallest(of: self, now, into: &reply) else { return }
        }
        if merge.hasMore(of: self, now, than: reply) { reply.nextCursor = 1 }
    }
}

/// The chunks of all shards, and the bytes of their rows.
private struct OrderedMerge: ~Copyable {
    private let query: OrderedQuery
    private var chunks: [OrderedChunk]
    private let chunkLimit: Int
    private var bytes = IOBuffer()

    init(_ query: OrderedQuery, shardCount: Int, limit: Int) {
        self.query = query
        chunks = Array(repeating: OrderedChunk(), count: shardCount)
        chunkLimit = limit * 3 / 2 / shardCount + 4
    }

    mutating func refill(_ number: Int, of engine: EmbeddedEngine, after: RawBytes, _ now: Instant) {
        let shard = engine.shards[number]
        shard.lock.lock()
        shard.state.pointee.fill(&chunks[number], query, after: after, limit: chunkLimit, now, bytes: &bytes)
        shard.lock.unlock()
    }

    /// The shard whose next row comes first; chunks that ran out are refilled.
    private mutating func smallest(of engine: EmbeddedEngine, _ now: Instant) -> Int? {
        for number in chunks.indices {
            guard chunks[number].next == chunks[number].rows.count, !chunks[number].isLast,
                let last = chunks[number].rows.last
            else { continue }
            let after = bytes.readable.extracting(last.key).copied()
            refill(number, of: engine, after: RawBytes(after.span), now)
        }
        var best: Int?
        for number in chunks.indices where chunks[number].next < chunks[number].rows.count {
            guard let current = best else {
                best = number
                continue
            }
            if key(number).compare(key(current)) < 0 { best = number }
        }
        return best
    }

    /// Of a chunk's next row. Valid until the next refill.
    private func key(_ number: Int) -> RawBytes {
        RawBytes(bytes.readable.extracting(chunks[number].rows[chunks[number].next].key))
    }

    /// Adds the next row to the page; false when there is none. A folded part that several shards offer is one row.
    mutating func takeSmallest(of engine: EmbeddedEngine, _ now: Instant, into reply: inout Reply) -> Bool {
        while let number = smallest(of: engine, now) {
            let row = chunks[number].rows[chunks[number].next]
            if !isRepeated(row, in: reply) {
                append(row, to: &reply)
                chunks[number].next += 1
                return true
            }
            chunks[number].next += 1
        }
        return false
    }

    mutating func hasMore(of engine: EmbeddedEngine, _ now: Instant, than reply: borrowing Reply) -> Bool {
        while let number = smallest(of: engine, now) {
            if !isRepeated(chunks[number].rows[chunks[number].next], in: reply) { return true }
            chunks[number].next += 1
        }
        return false
    }

    private func isRepeated(_ row: OrderedChunk.Row, in reply: borrowing Reply) -> Bool {
        guard row.isPrefix, let last = reply.rows.last, last.isPrefix else { return false }
        return bytes.readable.extracting(row.key).equals(reply.bytes.readable.extracting(last.key))
    }

    private func append(_ offered: OrderedChunk.Row, to reply: inout Reply) {
        var row = ReplyRow(outcome: .hit)
        row.key = Shard.add(RawBytes(bytes.readable.extracting(offered.key)), to: &reply)
        row.fields = Shard.add(RawBytes(bytes.readable.extracting(offered.fields)), to: &reply)
        row.info = offered.info
        row.isPrefix = offered.isPrefix
        reply.rows.append(row)
    }
}

extension Span where Element == UInt8 {
    fileprivate func copied() -> [UInt8] { withUnsafeBufferPointer { Array($0) } }
}
