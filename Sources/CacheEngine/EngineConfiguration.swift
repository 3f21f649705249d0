import CacheModel

/// What an engine is made of. Chance comes in as secrets and a seed, so the same configuration runs the same way.
package struct EngineConfiguration: Sendable {
    /// How many shards the keyspace has: a power of two up to 256. Small limits get fewer, see `effectiveShards`.
    package var shards: Int
    /// The most memory to use in bytes, 0 for no limit.
    package var maxMemory: Int
    package var policy: EvictionPolicy
    /// Whether keys are also kept in byte order, for ordered listings; about 6 bytes a key.
    package var orderedKeys: Bool
    package var limits: Limits
    /// The key hash's secret; anything random that nobody outside knows.
    package var hashSecret: (UInt64, UInt64)
    package var seed: UInt64
    /// The epoch of the positions given out, 0…65535.
    package var epoch: UInt64
    /// The number after which positions go on, 0…2^48−1. Where nothing is kept over a restart it must be past all that
    /// an earlier run gave out, or entity tags would come again for other content.
    package var startingNumber: UInt64 = 0

    package init(
        shards: Int = 16, maxMemory: Int = 0, policy: EvictionPolicy = .default, orderedKeys: Bool = false,
        limits: Limits = Limits(), hashSecret: (UInt64, UInt64), seed: UInt64, epoch: UInt64 = 1
    ) {
        precondition(shards > 0 && shards <= 256 && shards & (shards - 1) == 0, "shards: a power of two up to 256")
        self.shards = shards
        self.maxMemory = maxMemory
        self.policy = policy
        self.orderedKeys = orderedKeys
        self.limits = limits
        self.hashSecret = hashSecret
        self.seed = seed
        self.epoch = epoch
    }

    /// Each shard has two or three segments that are not full and some tables of its own, about 60 KiB: at 4 MiB a
    /// shard that is 1.5 % of the memory.
    var effectiveShards: Int {
        var count = shards
        while maxMemory > 0, count > 1, maxMemory / count < 4 << 20 { count /= 2 }
        return count
    }

    /// The account's bound: eviction may go over it by a segment or two for a moment while it moves entries.
    var memoryBound: Int { maxMemory == 0 ? .max : max(maxMemory - 2 * SegmentStore.segmentBytes, 0) }
}
