import CacheModel

/// Emptying segments: the one way in which entries are compacted, moved between queues and evicted.
extension Shard {
    /// What becomes of a live entry whose segment is emptied.
    enum Fate {
        /// Evicted; a ghost is remembered as one that left the newcomers' queue.
        case leaves(isGhost: Bool)
        /// Moved to the end of a queue, with these eviction bits.
        case joins(SegmentStore.ChainName, bits: UInt16)
        /// Copied close to the entries beside it, to the segment that compaction fills.
        case stays
    }

    /// Goes through a segment from an offset on; entries whose time is over leave in passing. Stops when `goOn` says
    /// so, asked after every entry; returns the offset reached. When nothing live is left the segment is given back.
    mutating func empty(
        _ number: Int32, from start: Int = 0, now: Instant, goOn: (borrowing Shard, Int) -> Bool,
        _ decide: (inout Shard, Entry) -> Fate
    ) -> Int {
        store.held = number
        var offset = start
        while let entry = store.entry(in: number, at: offset) {
            let reference = SegmentStore.reference(number, offset)
            offset += entry.size
            if !entry.isDead { settle(Found(at: reference, entry, self), now, decide) }
            if !goOn(self, offset - start) { break }
        }
        store.held = 0
        if store.segments[Int(number)].live == 0 { store.unlink(number) }
        return offset
    }

    private mutating func settle(_ found: Found, _ now: Instant, _ decide: (inout Shard, Entry) -> Fate) {
        let hash = hasher.hash(found.entry.key)
        if now.milliseconds >= found.entry.times.removal {
            expire(found, hash, at: now)
            // A session leaves its end behind: where that stands in its place, it is what has to move.
            if found.entry.isDead { return }
        }
        let times = found.entry.times
        switch decide(&self, found.entry) {
        case .leaves(let isGhost):
            counters.evictions += 1
            remove(found, hash, .evicted, at: now, now: now, isGhost: isGhost)
        case .joins(let chain, let bits):
            let reference = store.append(found.entry.neededSize, to: chain)
            relocate(found, to: reference, times)
            store.entry(reference).evictionBits = bits
        case .stays:
            relocate(found, to: store.appendToTarget(found.entry.neededSize, before: found.reference), times)
        }
    }

    /// Copies an entry as it is to another place and points the index there.
    private mutating func relocate(_ found: Found, to reference: UInt32, _ times: EntryTimes) {
        let entry = store.entry(reference)
        let size = found.entry.neededSize
        entry.base.copyMemory(from: found.entry.base, byteCount: size)
        entry.size = size
        store.noteRemoval(reference, at: times.removal)
        let large = largeBytes(of: entry)
        store.addLarge(large, at: reference)
        index.setReference(reference, at: found.place)
        if ordered != nil { replaceInOrder(found.reference, by: reference) }
        // Nobody pays for bytes that only moved.
        let owed = store.killed
        store.kill(found.reference, largeBytes: large)
        store.killed = owed
    }
}

extension Found {
    /// An entry met in its segment; traps when the index does not know it.
    init(at reference: UInt32, _ entry: Entry, _ shard: borrowing Shard) {
        guard let place = shard.index.place(of: reference, hash: shard.hasher.hash(entry.key)) else {
            preconditionFailure("a live entry is not in the index")
        }
        self.init(place: place, reference: reference, entry: entry)
    }
}
