import CacheModel

extension Shard {
    /// One slice of active expiry (`ExpirySweep` says what bounds it).
    mutating func sweepExpired(_ now: Instant, share: Int) {
        guard now.milliseconds >= store.earliestDue else { return }
        let budget = sweep.scans(entries: index.count, share: share)
        let largest = max(16, ExpirySweep.removals / share)
        var scanned = 0
        var removed = 0
        for _ in 0..<min(ExpirySweep.descriptors, store.end) {
            advanceSweep()
            let number = Int32(sweep.cursor)
            if store.isDue(number, now) {
                let (seen, gone) = expireEnded(in: number, now, atMost: largest - removed)
                scanned += seen
                removed += gone
            }
            store.roundDue = min(store.roundDue, store.due(number))
            if scanned >= budget || removed >= largest { break }
        }
        sweep.adapt(scanned: scanned, removed: removed)
    }

    /// Goes to the next segment; at the end of a round the shard's earliest time is what the round has seen.
    private mutating func advanceSweep() {
        sweep.cursor += 1
        guard sweep.cursor >= store.end else { return }
        sweep.cursor = 1
        store.earliestDue = store.roundDue
        store.roundDue = .max
    }

    /// Removes what has ended in a segment and notes when to look at it again.
    private mutating func expireEnded(
        in number: Int32, _ now: Instant, atMost largest: Int
    ) -> (scanned: Int, removed: Int) {
        var due = Int64.max
        var scanned = 0
        var removed = 0
        store.held = number
        var offset = 0
        while let entry = store.entry(in: number, at: offset), removed < largest {
            let reference = SegmentStore.reference(number, offset)
            offset += entry.size
            if entry.isDead { continue }
            scanned += 1
            let removal = entry.times.removal
            if now.milliseconds >= removal {
                removed += holdsStates && SessionKeys.isSession(entry.key) ? ExpirySweep.removalsOfSession : 1
                expire(Found(at: reference, entry, self), hasher.hash(entry.key), at: now)
            }
            // A session leaves its end behind, which may stand in its place.
            if !entry.isDead { due = min(due, entry.times.removal) }
        }
        store.held = 0
        let isDone = removed < largest
        let rest = policy.order == .none && !holdsStates ? ExpirySweep.restWithoutEviction : ExpirySweep.rest
        let next = due == .max ? .max : max(due, now.milliseconds + rest)
        store.setDue(number, isDone ? next : now.milliseconds)
        store.releaseIfEmpty(number)
        return (scanned, removed)
    }
}
