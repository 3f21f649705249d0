import CacheModel

/// One who waits for a key to change or to go.
struct Waiter {
    let ticket: Ticket
    /// Whether the key goes when it stops being served, rather than when it stops being fresh.
    let acceptsStale: Bool

    func end(_ times: EntryTimes) -> Int64 { acceptsStale ? times.visibleUntil : times.freshUntil }
}

/// The watches of one shard: waiters by the hash of their key. A hash that two keys share wakes a waiter too often,
/// which only asks again.
struct Watches {
    private(set) var waiters: [UInt64: [Waiter]] = [:]
    /// No watched entry ends for its waiters before this.
    var nextEnd = Int64.max

    var isEmpty: Bool { waiters.isEmpty }

    mutating func add(_ waiter: Waiter, hash: UInt64, times: EntryTimes) {
        waiters[hash, default: []].append(waiter)
        nextEnd = min(nextEnd, waiter.end(times))
    }

    /// All who wait for the key.
    mutating func take(_ hash: UInt64) -> [Waiter] { waiters.removeValue(forKey: hash) ?? [] }

    /// Those for whom an entry with these times has ended; notes when the others' end is. Without times there is no
    /// entry any more.
    mutating func takeEnded(_ hash: UInt64, _ times: EntryTimes?, _ now: Instant) -> [Waiter] {
        guard let all = waiters[hash] else { return [] }
        guard let times else { return take(hash) }
        let left = all.filter { now.milliseconds < $0.end(times) }
        guard left.count < all.count else {
            noteEnds(of: left, times)
            return []
        }
        waiters[hash] = left.isEmpty ? nil : left
        noteEnds(of: left, times)
        return all.filter { now.milliseconds >= $0.end(times) }
    }

    private mutating func noteEnds(of waiters: [Waiter], _ times: EntryTimes) {
        for waiter in waiters { nextEnd = min(nextEnd, waiter.end(times)) }
    }

    mutating func remove(_ ticket: Ticket, hash: UInt64) {
        waiters[hash]?.removeAll { $0.ticket == ticket }
        if waiters[hash]?.isEmpty == true { waiters[hash] = nil }
    }
}
