import CacheModel

extension Hub {
    /// Does a slice of what time brings: ends leases, gives up what is too old. To be called about every 10 to 100 ms,
    /// from one loop.
    package func maintain(at now: Instant, own: Int? = nil) { update(own: own) { $0.maintain(at: now) } }

    /// Rebuilds what a log holds, effect by effect in its order, before anybody listens.
    package func apply(_ effect: TopicEffect) { update { $0.apply(effect) } }
}

extension HubState {
    /// Topics and leases looked at in a slice: the lock is held for some tens of microseconds.
    private static let slice = 256

    mutating func maintain(at now: Instant) {
        endLeases(at: now, budget: Self.slice)
        dedup.forget(at: now, budget: Self.slice)
        trimRecent(at: now)
        for _ in 0..<min(Self.slice, declared.count) {
            sweep = sweep + 1 < declared.count ? sweep + 1 : 0
            let topic = declared[sweep]
            if topic.settings != nil { trim(topic, at: now) }
        }
    }

    mutating func apply(_ effect: TopicEffect) {
        switch effect {
        case .declared(let name, let settings):
            let topic = topic(TopicName(name.span))
            if !topic.isState { becomeState(topic) }
            if topic.settings == nil { historyBytes += topic.historyBytes }
            topic.settings = settings
        case .removed(let name): _ = remove(TopicName(name.span))
        case .published(let event, let isRetained):
            let topic = topic(event.topic)
            head = max(head, event.number)
            topic.published += 1
            topic.lastNumber = event.number
            keep(event, of: topic, isRetained: isRetained, at: event.at)
        case .answered(let key, let number, let receivers, let until):
            dedup.insert(key, DedupTable.Answer(number: number, receivers: receivers), until: until)
        }
    }
}
