import Bytes
import CacheModel

/// One shard's state of the eviction policy, and what it writes into the 16 eviction bits of each entry:
///
/// - s3-fifo: how often the entry was used since it entered its queue, 0…3;
/// - lru: when it was last used, by a clock that ticks 1,024 times while the shard sees as many uses as it has entries;
/// - lfu: a count of uses up to 15 above the time of the last, by a clock that ticks 16 times while the shard sees ten
///   times as many uses as it has entries; then every count is halved (the ageing of TinyLFU: Einziger and others,
///   2017);
/// - ttl, random, none: nothing.
///
/// Logical clocks, because what matters is how much else was used since, and so that nothing depends on the time of
/// day.
struct Evictor {
    /// Uses after which a newcomer moves on to the main queue instead of leaving. One, where the paper has two: on the
    /// two traces we measured that gains up to 0.6 points and loses up to 0.3 (docs/decisions/0010-engine-eviction.md).
    static let provenUses: UInt16 = 1
    /// Use is counted so far in four bits; the other twelve are the clock, the upper eight of which count halvings.
    private static let mostUses: UInt16 = 15
    /// Uses an entry of the shard sees between two halvings. Five come nearer to lru, twenty nearer to a count that
    /// forgets nothing, and follow a change too late (docs/decisions/0010-engine-eviction.md).
    private static let usesPerHalving = 10

    var random: SplitMix64
    private var clock: UInt16 = 0
    private var uses = 0

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    /// The bits of an entry that is new, or has just entered another queue.
    mutating func bitsForNew(_ order: EvictionPolicy.Order, live: Int) -> UInt16 {
        switch order {
        case .s3fifo, .ttl, .random, .none: return 0
        case .lru:
            tick(every: live / 1024)
            return clock
        case .lfu:
            tick(every: live * Self.usesPerHalving / 16)
            return 1 << 12 | clock & 0xFFF
        }
    }

    @inline(always)
    mutating func noteUse(of entry: Entry, _ order: EvictionPolicy.Order, live: Int) {
        switch order {
        case .s3fifo:
            let bits = entry.evictionBits
            if bits < 3 { entry.evictionBits = bits &+ 1 }
        case .lru:
            tick(every: live / 1024)
            entry.evictionBits = clock
        case .lfu: noteFrequency(of: entry, live: live)
        case .ttl, .random, .none: break
        }
    }

    private mutating func tick(every period: Int) {
        uses += 1
        if uses >= period {
            uses = 0
            clock &+= 1
        }
    }

    private mutating func noteFrequency(of entry: Entry, live: Int) {
        tick(every: live * Self.usesPerHalving / 16)
        entry.evictionBits = min(frequency(entry.evictionBits) + 1, Self.mostUses) << 12 | clock & 0xFFF
    }

    private func frequency(_ bits: UInt16) -> UInt16 {
        let halvings = (clock >> 4 &- bits >> 4) & 0xFF
        return (bits >> 12) >> halvings
    }

    /// How much the entry is in the way: the larger, the sooner it should leave.
    mutating func score(of entry: Entry, _ order: EvictionPolicy.Order) -> Int64 {
        switch order {
        case .lru: Int64(clock &- entry.evictionBits)
        case .lfu:
            // Of those used as often, the one unused for longest.
            Int64(Self.mostUses - frequency(entry.evictionBits)) << 12 | Int64((clock &- entry.evictionBits) & 0xFFF)
        case .ttl: -(entry.times.freshUntil >> 1)
        case .random, .s3fifo, .none: Int64(random.next() >> 2)
        }
    }
}
