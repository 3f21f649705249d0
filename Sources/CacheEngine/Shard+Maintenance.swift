import CacheModel

extension Shard {
    /// A bounded slice of what is to be done beside requests.
    mutating func maintain(at now: Instant) {
        wakeEndedWatches(now)
    }

    func addStatistics(to sum: inout EngineStatistics) {
        sum.entries += UInt64(index.count)
        sum.payload += UInt64(payload)
        sum.hits += counters.hits
        let misses = counters.missList()
        for index in misses.indices { sum.misses[index] += misses[index] }
        sum.writes += counters.writes
        sum.deletes += counters.deletes
        sum.evictions += counters.evictions
        sum.expirations += counters.expirations
    }
}
