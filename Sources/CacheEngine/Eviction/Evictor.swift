import Bytes
import CacheModel

/// One shard's state of the eviction policy, and what it writes into the 16 eviction bits of each entry:
///
/// - s3-fifo: how often the entry was used since it entered its queue, 0…3;
/// - lru: when it was last used, by a clock that ticks 1,024 times while the shard sees as many uses as it has entries;
/// - lfu: a logarithmic count of uses above the time it last lost one, by a clock that ticks once per that many uses
///   (the counter of Redis, whose clock ticks by the minute instead);
/// - ttl, random, none: nothing.
///
/// Logical clocks, because what matters is how much else was used since, and so that nothing depends on the time of
/// day.
struct Evictor {
    /// Uses after which a newcomer moves on to the main queue instead of leaving. One, where the paper has two: on the
    /// two traces we measured that gains up to 0.6 points and loses up to 0.3 (docs/decisions/0010-engine-eviction.md).
    static let provenUses: UInt16 = 1
    private static let newCount: UInt16 = 5

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
            tick(every: live)
            return Self.newCount << 8 | clock & 0xFF
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
        tick(every: live)
        var count = frequency(entry.evictionBits)
        if count < 255 {
            let odds = UInt64(max(0, Int(count) - Int(Self.newCount))) * 10 + 1
            if random.next() % odds == 0 { count += 1 }
        }
        entry.evictionBits = count << 8 | clock & 0xFF
    }

    private func frequency(_ bits: UInt16) -> UInt16 {
        let elapsed = (clock &- bits) & 0xFF
        let count = bits >> 8
        return count > elapsed ? count - elapsed : 0
    }

    /// How much the entry is in the way: the larger, the sooner it should leave.
    mutating func score(of entry: Entry, _ order: EvictionPolicy.Order) -> Int64 {
        switch order {
        case .lru: Int64(clock &- entry.evictionBits)
        case .lfu: Int64(255 - frequency(entry.evictionBits))
        case .ttl: -(entry.times.freshUntil >> 1)
        case .random, .s3fifo, .none: Int64(random.next() >> 2)
        }
    }
}
