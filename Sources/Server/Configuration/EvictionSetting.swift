/// Which entry goes when memory is short, by the names the command line knows.
///
/// The `volatile` ones spare entries without a lifetime.
package enum EvictionSetting: String, Sendable, CaseIterable {
    case s3FIFO = "s3-fifo"
    case lru
    case lfu
    case ttl
    case random
    case volatileS3FIFO = "volatile-s3-fifo"
    case volatileLRU = "volatile-lru"
    case volatileLFU = "volatile-lfu"
    case volatileTTL = "volatile-ttl"
    case volatileRandom = "volatile-random"
    /// Nothing goes: a write past the limit is refused.
    case none
}
