import Bytes
import CacheModel

extension Shard {
    mutating func read(
        _ key: RawBytes, _ hash: UInt64, _ read: borrowing Read, _ now: Instant, reply: inout Reply
    ) {
        guard let found = find(key, hash) else { return countMiss(nil, hash, now, reply: &reply) }
        let entry = found.entry
        let flags = entry.flags
        if !flags.isDisjoint(with: .lifetime) {
            let times = entry.times
            if now.milliseconds >= times.freshUntil {
                if now.milliseconds >= times.removal {
                    expire(found, hash, at: now)
                    return countMiss(nil, hash, now, reply: &reply)
                }
                if now.milliseconds >= times.visibleUntil { return countMiss(found, hash, now, reply: &reply) }
                if !read.acceptsStale { return countStaleMiss(times, reply: &reply) }
            } else if read.slides, times.idle > 0 {
                slide(found, hash, now)
            }
        }
        evictor.noteUse(of: entry, policy.order, live: index.count)
        counters.hits &+= 1
        reply.outcome = .hit
        entry.fill(&reply.entry)
        if flags.contains(.fields) { reply.fields.append(entry.fields.span) }
        if read.wantsValue { answerValue(entry, reply: &reply) }
    }

    private mutating func countMiss(_ found: Found?, _ hash: UInt64, _ now: Instant, reply: inout Reply) {
        answerMiss(found, hash, now, reply: &reply)
        if case .miss(let reason) = reply.outcome { counters.countMiss(reason) }
    }

    /// A miss only for those who take nothing stale.
    private mutating func countStaleMiss(_ times: EntryTimes, reply: inout Reply) {
        reply.outcome = .miss(.expired)
        reply.missedAt = Instant(milliseconds: times.freshUntil)
        counters.countMiss(.expired)
    }

    /// Moves a sliding entry's end, and tells the log when it has moved far enough.
    mutating func slide(_ found: Found, _ hash: UInt64, _ now: Instant) {
        var times = found.entry.times
        let isLogged = times.slide(at: now)
        found.entry.setTimes(times)
        guard isLogged else { return }
        let position = takePosition()
        recordLifetime(found.entry, at: position, isLate: true)
    }

    /// - Parameter isLate: a log that cannot be written may say so late.
    mutating func recordLifetime(_ entry: Entry, at position: Position, isLate: Bool = false) {
        noteUntagged(position, isLate: isLate)
        guard context.pointee.hasReader else { return }
        let times = entry.times
        let name = loggedName(entry.key)
        record(
            .lifetime(
                key: name.key.span, lifetime: times.lifetime, freshUntil: Instant(milliseconds: times.freshUntil),
                kind: name.kind), at: position)
    }
}
