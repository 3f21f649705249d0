import CacheModel

extension Shard {
    /// A bounded slice of what is to be done beside requests.
    /// - Parameter share: how many shards share the caller's time.
    mutating func maintain(at now: Instant, share: Int) {
        wakeEndedWatches(now)
        sweepExpired(now, share: share)
        compact(upTo: Self.maintenanceSlice, now)
        forgetOldVersions(now)
        sayShare()
    }

    private mutating func forgetOldVersions(_ now: Instant) {
        let before = deletedVersions.bytes
        deletedVersions.trim(now: now)
        context.pointee.account.add(deletedVersions.bytes - before)
    }

    func addStatistics(to sum: inout EngineStatistics) {
        if holdsStates {
            for kind in 0..<Kind.count { sum.states[kind] += UInt64(kinds[kind]) }
            sum.sessions += UInt64(sessions.live)
            sum.endedSessions += UInt64(sessions.ended)
        } else {
            sum.entries += UInt64(index.count)
        }
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
