import Bytes
import CacheModel

/// The policy's state of one shard.
struct Evictor {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    func bitsForNew(_ order: EvictionPolicy.Order) -> UInt16 { 0 }

    @inline(always)
    mutating func noteUse(of entry: Entry, _ order: EvictionPolicy.Order, live: Int) {
        if order == .s3fifo {
            let bits = entry.evictionBits
            if bits < 3 { entry.evictionBits = bits + 1 }
        }
    }
}
