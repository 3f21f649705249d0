import Bytes
import CacheModel

/// Filling replies.
extension Shard {
    /// Says why nothing is under the key.
    func answerMiss(_ found: Found?, _ hash: UInt64, _ now: Instant, reply: inout Reply) {
        let (reason, at) = missReason(found, hash, now)
        reply.outcome = .miss(reason)
        reply.missedAt = at
    }

    func missReason(_ found: Found?, _ hash: UInt64, _ now: Instant) -> (MissReason, Instant?) {
        if let found {
            // Still kept for a failing origin, but no longer served.
            return (.expired, Instant(milliseconds: found.entry.times.visibleUntil))
        }
        if let record = departures.find(hash, now: now) { return (record.reason, record.at) }
        return (departures.hasForgotten ? .unknown : .never, nil)
    }

    func answerFields(_ entry: Entry, reply: inout Reply) {
        if entry.flags.contains(.fields) { reply.fields.append(entry.fields.span) }
    }

    func answerValue(_ entry: Entry, reply: inout Reply) {
        if let shared = entry.shared {
            reply.shared = shared.takeUnretainedValue()
        } else {
            reply.value.append(entry.inlineValue.span)
        }
    }

    func answerAll(_ entry: Entry, reply: inout Reply) {
        entry.fill(&reply.entry)
        answerFields(entry, reply: &reply)
        answerValue(entry, reply: &reply)
    }

    func answerFailedPrecondition(_ entry: Entry?, reply: inout Reply) {
        reply.outcome = .preconditionFailed
        entry?.fill(&reply.entry)
    }

    func answerStaleVersion(_ entry: Entry?, stored: UInt64?, reply: inout Reply) {
        reply.outcome = .staleVersion
        entry?.fill(&reply.entry)
        reply.entry.version = stored
    }
}
