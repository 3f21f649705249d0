import CacheModel

/// One topic: what it remembers, and who listens. Guarded by the hub's lock, all of it but the name.
final class Topic: @unchecked Sendable {
    let name: TopicName
    /// The next topic whose name has the same hash.
    var sibling: Topic?
    /// Nil for a topic that nobody declared: it is remembered with all others of its kind for a short while.
    var settings: HistorySettings?
    var history = Ring<Event>()
    /// The weight of `history`.
    var historyBytes = 0
    /// Events published since the topic is known.
    var published: UInt64 = 0
    /// The number of the last one.
    var lastNumber: UInt64 = 0
    /// What the history gave up.
    var lost: LostNumbers
    /// The number of the last event that no history ever held: who listened then has it, all others lost it.
    var unheldThrough: UInt64 = 0
    /// When the last of those was published.
    var lostAt = Instant(milliseconds: .min)
    var retained: Event?
    /// Who named the topic, by loop; empty where nobody does.
    var exact: [[Subscriber]] = []
    var exactCount = 0
    /// Who listens by pattern and did not name the topic, by loop, as the tree's `matchedVersion` had it.
    var matched: [[Subscriber]] = []
    var matchedCount = 0
    var matchedVersion: UInt64 = 0
    var presence = PresenceList()
    /// The topic stands in the queue of those that may be forgotten.
    var isQueuedAsIdle = false

    init(_ name: TopicName, forgotten: UInt64) {
        self.name = name
        lost = LostNumbers(forgotten: forgotten)
    }

    /// Somebody decided that this topic is there.
    var isState: Bool { settings != nil || retained != nil }

    /// Nothing but the numbers would be lost with it.
    var isIdle: Bool { !isState && exactCount == 0 && history.isEmpty && presence.isEmpty }

    var keepsNothing: Bool { settings?.count == 0 }

    /// The topic was forgotten once, and may have lost something then.
    func mayHaveLost(behind place: UInt64) -> Bool { lost.isUnknown(behind: place) && lost.through <= place }

    /// The last number that nobody who comes now can be given.
    var goneThrough: UInt64 { max(lost.through, unheldThrough) }

    /// How many of those lie behind `number`; nil when that is not known.
    func gone(after number: UInt64) -> Int? { unheldThrough > number ? nil : lost.count(after: number) }

    func add(_ subscriber: Subscriber, loops: Int) {
        if exact.isEmpty { exact = Array(repeating: [], count: loops) }
        exact[subscriber.loop].append(subscriber)
        exactCount += 1
    }

    func remove(_ subscriber: Subscriber) {
        exact[subscriber.loop].removeOne(subscriber)
        exactCount -= 1
        if exactCount == 0 { exact = [] }
    }

    /// Brings `matched` up to date.
    func resolve(_ tree: borrowing PatternTree, loops: Int) {
        guard matchedVersion != tree.version else { return }
        matchedVersion = tree.version
        matched = []
        matchedCount = 0
        var seen: Set<ObjectIdentifier> = []
        let bytes = name.bytes
        tree.forEachMatch(bytes.span) { subscriber in
            guard seen.insert(ObjectIdentifier(subscriber)).inserted, !subscriber.names(name) else { return }
            if matched.isEmpty { matched = Array(repeating: [], count: loops) }
            matched[subscriber.loop].append(subscriber)
            matchedCount += 1
        }
    }

    // MARK: History

    func remember(_ event: Event) {
        history.append(event)
        historyBytes += event.weight
    }

    /// Gives up the oldest remembered event.
    func trimFirst() -> Event {
        let event = history.removeFirst()
        historyBytes -= event.weight
        lost.append(event.number, counting: true)
        lostAt = event.at
        return event
    }

    /// Whether the oldest event is over what the topic's own settings allow.
    func isOver(at now: Instant) -> Bool {
        guard let settings, let first = history.first else { return false }
        return history.count > settings.count || historyBytes > settings.bytes
            || now.since(first.at) >= settings.age
    }

    /// The place in the history of the first event behind `number`.
    func place(after number: UInt64) -> Int {
        var low = 0
        var high = history.count
        while low < high {
            let middle = (low + high) / 2
            if history[middle].number > number { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The number before the first remembered event since `instant`.
    func floor(since instant: Instant) -> UInt64 {
        var low = 0
        var high = history.count
        while low < high {
            let middle = (low + high) / 2
            if history[middle].at >= instant { high = middle } else { low = middle + 1 }
        }
        return low < history.count ? history[low].number - 1 : lastNumber
    }

    /// The number before the last `count` remembered events.
    func floor(ofLast count: Int) -> UInt64 {
        if history.isEmpty { return lastNumber }
        return history[max(0, history.count - count)].number - 1
    }
}
