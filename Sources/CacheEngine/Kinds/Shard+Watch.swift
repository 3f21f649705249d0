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
        let times = visible.entry.times
        let waiter = Waiter(ticket: ticket, acceptsStale: watch.acceptsStale)
        guard now.milliseconds < waiter.end(times) else {
            reply.outcome = .miss(.expired)
            reply.missedAt = Instant(milliseconds: times.freshUntil)
            return .completed
        }
        if isKnown(visible.entry.position, watch.known), context.pointee.watchRegistry.add(ticket, hash: hash) {
            watches.add(waiter, hash: hash, times: times)
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
    mutating func wakeWatches(_ hash: UInt64) { deliver(watches.take(hash)) }

    /// Wakes those whose key has ended for them; looks at the watched keys only when one of them may have.
    mutating func wakeEndedWatches(_ now: Instant) {
        guard now.milliseconds >= watches.nextEnd else { return }
        watches.nextEnd = .max
        for hash in Array(watches.waiters.keys) { deliver(watches.takeEnded(hash, earliestTimes(hash), now)) }
    }

    private func deliver(_ waiters: [Waiter]) {
        for waiter in waiters { context.pointee.watchRegistry.deliver(waiter.ticket) }
    }

    /// The times of the entry with this hash that ends first; nil when there is none.
    private func earliestTimes(_ hash: UInt64) -> EntryTimes? {
        var earliest: EntryTimes?
        _ = index.find(hash) { reference in
            let times = store.entry(reference).times
            if earliest.map({ times.visibleUntil < $0.visibleUntil }) ?? true { earliest = times }
            return false
        }
        return earliest
    }
}
