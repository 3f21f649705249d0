import Bytes
import CacheModel

/// Everything behind the hub's lock.
struct HubState {
    var epoch: UInt64
    let limits: PubSubLimits
    /// Keeps what outlives the process; nil where nothing does.
    var store: (any TopicStore)?
    /// The number of the last event.
    var head: UInt64 = 0
    /// The store knows that numbers up to here may have been given out.
    var reservedThrough: UInt64 = 0

    var topics = TopicTable()
    var tree = PatternTree()
    /// Topics that are state, for those who listen by pattern; `declaredVersion` rises when one is added or removed.
    var declared: [Topic] = []
    var declaredVersion: UInt64 = 1
    /// The weight of all declared histories and last values.
    var historyBytes = 0

    /// Of clients' topics, and of the server's own (``TopicName/owner``).
    var recent: [RecentEvents]
    /// The number of the last one that was given up.
    var recentLostThrough: UInt64 = 0

    /// Topics that may be forgotten, the oldest first.
    var idle = Ring<Topic>()
    /// The last number of any topic that was forgotten.
    var forgottenThrough: UInt64 = 0

    var dedup = DedupTable()
    var own = OwnTopics()
    var leases = LeaseQueue()
    var members = 0
    /// Where the slices of upkeep go on in `declared`.
    var sweep = 0

    /// What each loop has not taken yet.
    var inboxes: [Inbox]
    var statistics = TopicStatistics()
    /// Subscribers that do not take everything: receivers are counted one by one where there are any.
    var choosy = 0

    init(epoch: UInt64, loops: Int, limits: PubSubLimits) {
        self.epoch = epoch
        self.limits = limits
        recent = [RecentEvents(most: limits.recentBytes), RecentEvents(most: limits.ownRecentBytes)]
        inboxes = Array(repeating: Inbox(), count: loops)
    }

    func cursor(_ number: UInt64) -> Cursor { Cursor(epoch: epoch, number: number) }

    // MARK: Topics

    mutating func topic(_ name: Span<UInt8>, _ hash: UInt64) -> Topic {
        if let there = topics.find(name, hash) { return there }
        return create(TopicName(name))
    }

    mutating func topic(_ name: TopicName) -> Topic {
        topics.find(name) ?? create(name)
    }

    private mutating func create(_ name: TopicName) -> Topic {
        let topic = Topic(name, forgotten: forgottenThrough)
        topics.insert(topic)
        return topic
    }

    /// Queues a topic that nobody needs any more, and forgets the oldest such where there are too many.
    mutating func retire(_ topic: Topic) {
        guard topic.isIdle, !topic.isQueuedAsIdle else { return }
        topic.isQueuedAsIdle = true
        idle.append(topic)
        while idle.count > limits.idleTopics {
            let oldest = idle.removeFirst()
            oldest.isQueuedAsIdle = false
            guard oldest.isIdle else { continue }
            forgottenThrough = max(forgottenThrough, oldest.lastNumber)
            topics.remove(oldest)
        }
    }

    // MARK: Trimming

    /// Gives up what a declared topic may not hold any more.
    mutating func trim(_ topic: Topic, at now: Instant) {
        while topic.isOver(at: now) || (historyBytes > limits.historyBytes && !topic.history.isEmpty) {
            let event = topic.trimFirst()
            historyBytes -= event.weight
            store?.remove(TopicRow.name(ofEvent: event.number).span, at: now)
            // Nothing is left to tell what was lost.
            if topic.history.isEmpty { keepSettings(of: topic, at: now) }
        }
    }

    /// Gives up what undeclared topics may not hold any more.
    mutating func trimRecent(at now: Instant) {
        for owner in recent.indices { trimRecent(owner, at: now) }
    }

    mutating func trimRecent(_ owner: Int, at now: Instant) {
        while let first = recent[owner].first,
            recent[owner].isOver || now.since(first.event.at) >= limits.recentAge
        {
            recent[owner].removeFirst()
            recentLostThrough = max(recentLostThrough, first.event.number)
            let topic = first.topic
            guard topic.settings == nil, topic.history.first?.number == first.event.number else { continue }
            _ = topic.trimFirst()
            retire(topic)
        }
    }
}

/// What one loop has been given.
struct Inbox: Sendable {
    var deliveries: [Delivery] = []
    /// The loop has been told.
    var isSignalled = false
}

/// An event and its listeners on one loop.
package struct Delivery: Sendable {
    package let event: Event
    /// Those who named the topic.
    package let exact: [Subscriber]
    /// Those who listen by pattern and did not.
    package let matched: [Subscriber]
}
