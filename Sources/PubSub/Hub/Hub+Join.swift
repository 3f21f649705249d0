import CacheModel
import Synchronization

extension Hub {
    /// Adds a subscriber. From its loop's thread; nothing of what its loop takes later is missing, and nothing of what
    /// it takes now is its own.
    ///
    /// - Returns: what is lost at once, where the place it named cannot be taken.
    package func join(_ subscriber: Subscriber, at now: Instant) -> Gap? {
        if subscriber.request.namesOwnTopics { ownListeners.add(1, ordering: .relaxed) }
        return update { $0.join(subscriber, at: now) }
    }

    /// Takes a subscriber out. From its loop's thread.
    package func leave(_ subscriber: Subscriber) {
        subscriber.receiver = nil
        if subscriber.request.namesOwnTopics { ownListeners.subtract(1, ordering: .relaxed) }
        update { $0.leave(subscriber) }
    }
}

extension HubState {
    mutating func join(_ subscriber: Subscriber, at now: Instant) -> Gap? {
        let request = subscriber.request
        for name in request.topics {
            let topic = topic(name)
            if subscriber.topics.contains(where: { $0 === topic }) { continue }
            topic.add(subscriber, loops: inboxes.count)
            subscriber.topics.append(topic)
        }
        for pattern in request.patterns { tree.insert(pattern, subscriber) }
        // A topic of its own that a pattern matches as well is its own: what was resolved before does not know it.
        if request.patterns.isEmpty == false { for topic in subscriber.topics { topic.matchedVersion = 0 } }
        if subscriber.isChoosy { choosy += 1 }
        statistics.subscribers += 1
        return start(subscriber, at: now)
    }

    mutating func leave(_ subscriber: Subscriber) {
        for topic in subscriber.topics {
            topic.remove(subscriber)
            retire(topic)
        }
        subscriber.topics = []
        for pattern in subscriber.request.patterns { tree.remove(pattern, subscriber) }
        if subscriber.isChoosy { choosy -= 1 }
        statistics.subscribers -= 1
    }

    private mutating func start(_ subscriber: Subscriber, at now: Instant) -> Gap? {
        switch subscriber.request.start {
        case .now:
            subscriber.begin(at: head, joinedAt: head, catchesUp: false)
            return nil
        case .unknown: return startAnew(subscriber, .unknownCursor, from: nil, at: head)
        case .cursor(let cursor) where cursor.epoch != epoch:
            return startAnew(subscriber, .epochLost, from: cursor, at: 0)
        case .cursor(let cursor) where cursor.number > head:
            return startAnew(subscriber, .ahead, from: cursor, at: head)
        case .cursor(let cursor):
            subscriber.begin(at: cursor.number, joinedAt: head, catchesUp: cursor.number < head)
            return neverHeld(subscriber)
        case .instant(let milliseconds): return start(subscriber, since: Instant(milliseconds: milliseconds))
        case .last(let count):
            startWithLast(subscriber, count, at: now)
            return nil
        }
    }

    /// The place is none of this order's: it goes on at `place`, and everything it listens to may have lost something.
    private mutating func startAnew(
        _ subscriber: Subscriber, _ reason: Gap.Reason, from: Cursor?, at place: UInt64
    ) -> Gap {
        subscriber.begin(at: place, joinedAt: head, catchesUp: place < head)
        // What was lost before is part of this gap.
        subscriber.toldThrough = head
        for topic in subscriber.topics + matching(subscriber) where topic.lost.through > 0 {
            subscriber.floors[ObjectIdentifier(topic)] = topic.lost.through
        }
        statistics.gaps += 1
        return Gap(
            reason: reason, topics: Self.subjects(of: subscriber), from: from, to: cursor(head), missed: nil,
            place: cursor(place))
    }

    /// What no history held of the time before the subscriber joined. What comes from now on it is given as it happens,
    /// so this is known now or never.
    private mutating func neverHeld(_ subscriber: Subscriber) -> Gap? {
        let place = subscriber.place
        let losers = (subscriber.topics + matching(subscriber)).filter { $0.unheldThrough > place }
        guard let through = losers.map(\.unheldThrough).max() else { return nil }
        statistics.gaps += 1
        return Gap(
            reason: .historyTrimmed, topics: losers.prefix(PubSubLimits.topicsPerGap).map(\.name.bytes),
            from: cursor(place), to: cursor(through), missed: nil, place: cursor(place))
    }

    /// Topics and patterns as they were asked for, as many as a gap names.
    static func subjects(of subscriber: Subscriber) -> [[UInt8]] {
        Array(
            (subscriber.request.topics.map(\.bytes) + subscriber.request.patterns.map(\.text))
                .prefix(PubSubLimits.topicsPerGap))
    }

    /// From an instant on, by each topic's own place.
    private mutating func start(_ subscriber: Subscriber, since instant: Instant) -> Gap? {
        var place = head
        var losers: [[UInt8]] = []
        for topic in subscriber.topics + matching(subscriber) {
            let floor = topic.floor(since: instant)
            subscriber.floors[ObjectIdentifier(topic)] = max(floor, topic.lost.through)
            place = min(place, floor)
            if topic.goneThrough > 0 && topic.lostAt >= instant { losers.append(topic.name.bytes) }
        }
        if !subscriber.request.patterns.isEmpty {
            // Undeclared topics are read from what is remembered of all of them.
            for events in recent {
                let first = (0..<events.count).first { events[$0].event.at >= instant }
                if let first { place = min(place, events[first].event.number - 1) }
            }
        }
        subscriber.toldThrough = head
        subscriber.begin(at: place, joinedAt: head, catchesUp: place < head)
        guard !losers.isEmpty else { return nil }
        statistics.gaps += 1
        return Gap(
            reason: .historyTrimmed, topics: Array(losers.prefix(PubSubLimits.topicsPerGap)), from: nil,
            to: cursor(head), missed: nil, place: cursor(place))
    }

    /// With the newest events of each topic, and its last value where the history does not hold it any more.
    private mutating func startWithLast(_ subscriber: Subscriber, _ count: Int, at now: Instant) {
        var place = head
        var retained: [Event] = []
        for topic in subscriber.topics + matching(subscriber) {
            let floor = topic.floor(ofLast: count)
            subscriber.floors[ObjectIdentifier(topic)] = max(floor, topic.lost.through)
            place = min(place, floor)
            guard let event = topic.retained, event.expiresAt > now, subscriber.takes(event) else { continue }
            let isHeld = topic.history.first.map { $0.number <= event.number } ?? false
            if !isHeld {
                retained.append(event)
                place = min(place, event.number - 1)
            }
        }
        if !subscriber.request.patterns.isEmpty { place = min(place, floorsOfRecent(subscriber, count)) }
        subscriber.toldThrough = head
        subscriber.begin(at: place, joinedAt: head, catchesUp: place < head)
        for event in retained.sorted(by: { $0.number < $1.number }) { subscriber.wait(event) }
    }

    /// The same for undeclared topics that patterns match: walks back over what is remembered of all of them.
    private func floorsOfRecent(_ subscriber: Subscriber, _ count: Int) -> UInt64 {
        var place = head
        for events in recent {
            for index in 0..<events.count {
                let topic = events[index].topic
                guard !topic.isState, subscriber.floors[ObjectIdentifier(topic)] == nil,
                    subscriber.listens(to: topic.name)
                else { continue }
                let floor = topic.floor(ofLast: count)
                subscriber.floors[ObjectIdentifier(topic)] = max(floor, topic.lost.through)
                place = min(place, floor)
            }
        }
        return place
    }

    /// The declared topics that a subscriber's patterns match and it did not name.
    mutating func matching(_ subscriber: Subscriber) -> [Topic] {
        guard !subscriber.request.patterns.isEmpty else { return [] }
        if subscriber.declaredVersion != declaredVersion {
            subscriber.declaredVersion = declaredVersion
            subscriber.declared = declared.filter {
                !subscriber.names($0.name) && subscriber.listens(to: $0.name)
            }
        }
        return subscriber.declared
    }
}
