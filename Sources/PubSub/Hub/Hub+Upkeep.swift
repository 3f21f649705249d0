import CacheModel

extension Hub {
    /// Does a slice of what time brings: ends leases, gives up what is too old. To be called about every 10 to 100 ms,
    /// from one loop.
    package func maintain(at now: Instant, own: Int? = nil) { update(own: own) { $0.maintain(at: now) } }
}

extension HubState {
    /// Topics and leases looked at in a slice: the lock is held for some tens of microseconds.
    private static let slice = 256

    mutating func maintain(at now: Instant) {
        endLeases(at: now, budget: Self.slice)
        tellWaiting(at: now, budget: Self.slice)
        dedup.forget(at: now, budget: Self.slice)
        trimRecent(at: now)
        for _ in 0..<min(Self.slice, declared.count) {
            sweep = sweep + 1 < declared.count ? sweep + 1 : 0
            let topic = declared[sweep]
            if topic.settings != nil { trim(topic, at: now) }
        }
    }
}
