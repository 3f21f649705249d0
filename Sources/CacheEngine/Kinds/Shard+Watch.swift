import Bytes
import CacheModel

extension Shard {
    /// Whether the key is still what the caller knows; then the ticket waits, if there may be one more.
    mutating func watch(
        _ hash: UInt64, _ watch: borrowing Watch, _ now: Instant, ticket: Ticket, reply: inout Reply
    ) -> Execution {
        let key = RawBytes(watch.key)
        guard let visible = findVisible(key, hash, now) else {
            answerMiss(find(key, hash), hash, now, reply: &reply)
            return .completed
        }
        if isKnown(visible.entry.position, watch.known), context.pointee.watchRegistry.add(ticket, hash: hash) {
            watches.add(ticket, hash: hash, end: visible.entry.times.visibleUntil)
            return .pending
        }
        reply.outcome = .changed
        visible.entry.fill(&reply.entry)
        return .completed
    }

    private func isKnown(_ position: Position, _ known: borrowing TagCondition) -> Bool {
        switch known {
        case .absent: false
        case .any: true
        case .oneOf(let positions): Self.contains(positions, position)
        }
    }

    /// Something happened to the key: whoever waits asks again.
    mutating func wakeWatches(_ hash: UInt64) {
        for ticket in watches.take(hash) { context.pointee.watchRegistry.deliver(ticket) }
    }

    /// Wakes those whose key has stopped being visible; looks at the watched keys only when one of them may have.
    mutating func wakeEndedWatches(_ now: Instant) {
        guard now.milliseconds >= watches.nextEnd else { return }
        watches.nextEnd = .max
        for hash in Array(watches.tickets.keys) {
            let end = earliestEnd(hash)
            if now.milliseconds >= end { wakeWatches(hash) } else { watches.nextEnd = min(watches.nextEnd, end) }
        }
    }

    /// When the first entry with this hash stops being visible; the past when there is none.
    private func earliestEnd(_ hash: UInt64) -> Int64 {
        var end: Int64?
        _ = index.find(hash) { reference in
            end = min(end ?? .max, store.entry(reference).times.visibleUntil)
            return false
        }
        return end ?? .min
    }
}
