import CacheModel

/// Making room below the memory limit.
///
/// Memory is taken in segments, so plain writes ask for room once per 32 KiB; then the shard empties segments of its
/// own until there is as much again. What leaves depends on the policy:
///
/// - s3-fifo: the oldest segment of the newcomers' queue while that holds more than a tenth, else of the main queue.
///   Newcomers used since they came move to the main queue, others leave and are remembered as ghosts; main entries
///   used since they last passed go round once more, at most three times. When four segments in a row won nothing the
///   bar is raised, after 32 that for newcomers too, so a write never waits for a whole queue to turn.
/// - lru, lfu, ttl, random: the next segment of a sweep round the chain. From a sample of 64 entries the score is taken
///   that one in eight exceeds; entries of the segment past it leave, the others are packed together. So each entry is
///   judged against the whole each time an eighth of the shard was replaced. Where those past it stand together, as
///   what is new does under lfu, many segments in a row may win nothing: behind 32 of them one in four leaves, then one
///   in two, then all.
/// - none: nothing leaves, but waste is packed together.
///
/// A shard that can give nothing, or has little, says so, and others are asked (`EmbeddedEngine+Room`).
extension Shard {
    /// Larger demands are shared by all shards from the start.
    static let ownDemand = 128 << 10
    /// Segments one demand empties at most, before it is given up or handed on: about a millisecond.
    private static let longestEffort = 64

    /// Makes room for a segment at the end of a chain, if one is named, and for bytes outside the segments.
    mutating func makeRoom(segment: SegmentStore.ChainName?, large: Int, now: Instant) -> Room {
        let wanted = large + (segment == nil ? 0 : SegmentStore.segmentBytes)
        if context.pointee.account.hasRoom(for: wanted) {
            if let segment { store.extend(segment) }
            return .ready
        }
        // What went round may have opened a segment at that end already: the caller looks again before it takes one.
        return wanted <= Self.ownDemand && !hasLittle && evict(until: wanted, now: now) ? .moved : .missing(wanted)
    }

    /// Whether there is room for `wanted` bytes in the end.
    mutating func evict(until wanted: Int, now: Instant) -> Bool {
        var effort = Effort()
        while !context.pointee.account.hasRoom(for: wanted) {
            guard effort.segments < Self.longestEffort, evictStep(wanted, &effort, now) else { return false }
            effort.segments += 1
        }
        return true
    }

    /// How much one demand has done.
    struct Effort {
        var segments = 0
        /// Main entries used at most so often leave.
        var bar: UInt16 { UInt16(min(3, segments / 4)) }
        /// How many of the last won nothing.
        var winless = 0
        /// Rises from 0 to 3 where nothing is won, before ``longestEffort`` is over; at 3 all leaves that may.
        var severity: Int { max(0, min(3, (winless - 20) / 12)) }
    }

    /// Empties one segment, as far as needed; false when there is none left.
    mutating func evictStep(_ wanted: Int, _ effort: inout Effort, _ now: Instant) -> Bool {
        let before = share
        let gave =
            switch policy.order {
            case .s3fifo: evictFirstIn(wanted, effort, now)
            case .lru, .lfu, .ttl, .random: evictWorst(wanted, effort.severity, now)
            case .none: packTogether(now)
            }
        effort.winless = share < before ? 0 : effort.winless + 1
        return gave
    }

    // MARK: Queues

    private mutating func evictFirstIn(_ wanted: Int, _ effort: Effort, _ now: Instant) -> Bool {
        let (bar, proof) = (effort.bar, Evictor.provenUses + UInt16(effort.severity))
        let small = store.weight(of: .small)
        let main = store.weight(of: .main)
        guard small + main > 0 else { return packTogether(now) }
        if main == 0 || small * 10 > small + main {
            emptyHead(of: .small, wanted, now) { shard, entry in
                entry.evictionBits >= proof ? .joins(.main, bits: 0) : .leaves(isGhost: true)
            }
        } else {
            emptyHead(of: .main, wanted, now) { shard, entry in
                let uses = entry.evictionBits
                return uses > bar ? .joins(.main, bits: uses - 1) : .leaves(isGhost: false)
            }
        }
        return true
    }

    /// Empties a chain's oldest segment; entries with large values leave only until there is room.
    private mutating func emptyHead(
        of name: SegmentStore.ChainName, _ wanted: Int, _ now: Instant, _ decide: (inout Shard, Entry) -> Fate
    ) {
        store.endSweep(name)
        let head = store.chain(name).pointee.head
        guard head != 0 else { return }
        // What goes round must not land in the segment that is being emptied.
        if head == store.chain(.main).pointee.tail { store.extend(.main) }
        let evictions = counters.evictions
        _ = empty(
            head, now: now,
            goOn: { shard, _ in
                shard.counters.evictions == evictions || !shard.context.pointee.account.hasRoom(for: wanted)
            }, decide)
    }

    // MARK: Scores

    private mutating func evictWorst(_ wanted: Int, _ severity: Int, _ now: Instant) -> Bool {
        let order = policy.order
        let threshold = threshold(order, severity)
        guard let source = store.nextInSweep(.main, includingTail: true) else { return packTogether(now) }
        if source == store.chain(.main).pointee.tail { store.extend(.main) }
        if source == store.chain(.main).pointee.target { store.chain(.main).pointee.target = 0 }
        let evictions = counters.evictions
        let start = store.chain(.main).pointee.offset
        let end = empty(
            source, from: start, now: now,
            goOn: { shard, _ in
                shard.counters.evictions == evictions || !shard.context.pointee.account.hasRoom(for: wanted)
            },
            { shard, entry in
                let score = shard.evictor.score(of: entry, order)
                let leaves =
                    score > threshold.score
                    || score == threshold.score && shard.evictor.random.next() & 0xFFFF < threshold.oddsWhenEqual
                return leaves ? .leaves(isGhost: false) : .stays
            })
        if store.chain(.main).pointee.cursor == source { store.chain(.main).pointee.offset = end }
        return true
    }

    struct Threshold {
        var score: Int64
        /// The share of those with exactly this score that should leave, of 65,536.
        var oddsWhenEqual: UInt64
    }

    /// The score that an eighth of the entries reach, from a sample; a quarter, a half or all with rising severity.
    private mutating func threshold(_ order: EvictionPolicy.Order, _ severity: Int) -> Threshold {
        if severity == 3 { return Threshold(score: .min, oddsWhenEqual: 1 << 16) }
        var scores: [Int64] = []
        scores.reserveCapacity(64)
        for _ in 0..<256 where scores.count < 64 {
            let reference = index.sample(evictor.random.next())
            guard reference != 0, store.chainName(of: reference) == .main else { continue }
            scores.append(evictor.score(of: store.entry(reference), order))
        }
        guard scores.count >= 8 else { return Threshold(score: .min, oddsWhenEqual: 1 << 16) }
        scores.sort(by: >)
        let wanted = scores.count >> (3 - severity)
        let score = scores[wanted]
        let above = scores.firstIndex(of: score) ?? 0
        let equal = scores.count { $0 == score }
        return Threshold(score: score, oddsWhenEqual: UInt64((wanted - above) << 16) / UInt64(equal) + 1)
    }

    // MARK: Waste

    /// Compacts as far as one demand may; false when that won nothing, and then until something else dies.
    private mutating func packTogether(_ now: Instant) -> Bool {
        guard !store.isPacked else { return false }
        let before = store.segmentCount
        for name in SegmentStore.ChainName.allCases where store.waste(of: name) > 2 * SegmentStore.segmentBytes {
            compact(name, upTo: 16 * SegmentStore.segmentBytes, now)
        }
        let hasWon = store.segmentCount < before
        store.isPacked = !hasWon
        return hasWon
    }
}
