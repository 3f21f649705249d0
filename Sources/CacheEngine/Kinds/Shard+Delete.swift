import Bytes
import CacheModel

extension Shard {
    mutating func delete(_ hash: UInt64, _ delete: borrowing Delete, _ now: Instant, reply: inout Reply) {
        let key = RawBytes(delete.key)
        let visible = findVisible(key, hash, now)
        let stored = storedVersion(visible?.entry, hash, now: now)
        if isStale(delete.version, stored: stored) {
            return answerStaleVersion(visible?.entry, stored: stored, reply: &reply)
        }
        let deletion = delete.version.map { CallerDeletion($0, at: now) }
        guard let visible else {
            return deleteMissing(key, hash, deletion, now, reply: &reply)
        }
        guard holds(delete.precondition, for: visible.entry) else {
            return answerFailedPrecondition(visible.entry, reply: &reply)
        }
        if delete.wantsPrevious { answerAll(visible.entry, reply: &reply) } else { visible.entry.fill(&reply.entry) }
        counters.deletes &+= 1
        reply.outcome = .deleted
        reply.written = remove(visible, hash, .deleted, at: now, now: now, deletion: deletion)
    }

    /// Nothing a reader sees is there: still, what is kept for a failing origin goes, and a version stays behind.
    mutating func deleteMissing(
        _ key: RawBytes, _ hash: UInt64, _ deletion: CallerDeletion?, _ now: Instant,
        reply: inout Reply
    ) {
        let hidden = find(key, hash)
        answerMiss(hidden, hash, now, reply: &reply)
        if let hidden {
            let end = Instant(milliseconds: hidden.entry.times.visibleUntil)
            reply.written = remove(
                hidden, hash, .expired, at: end, now: now, deletion: deletion)
        } else if let deletion {
            reply.written = leaveOnly(deletion, key, hash, now)
        }
    }

    /// Leaves a version behind for a key that is not there.
    private mutating func leaveOnly(
        _ deletion: CallerDeletion, _ key: RawBytes, _ hash: UInt64, _ now: Instant
    ) -> Position {
        let position = takePosition()
        noteUntagged(position)
        leave(deletion, key.copied, hash, at: position, now: now)
        noteDeparture(hash, .deleted, isGhost: departures.isGhost(hash), at: now)
        if context.pointee.hasReader {
            record(
                .delete(
                    key: key.span, reason: .deleted, at: now, version: deletion.version,
                    versionKeptUntil: Instant(milliseconds: deletion.keptUntil)),
                at: position)
        }
        return position
    }
}
