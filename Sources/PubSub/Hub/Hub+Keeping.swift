import Bytes
import CacheModel

/// What the hub writes into its store, and reads from it at a start.
extension HubState {
    /// Numbers are taken from the store in runs, so that an event that nobody keeps costs it nothing.
    private static let reserved: UInt64 = 1 << 16

    /// Writes a row; kept is also what needs no keeping.
    @discardableResult
    mutating func keep(_ row: TopicRow, until end: Instant = .never, at now: Instant) -> KeepingAnswer {
        guard let store else { return .kept }
        var bytes = IOBuffer()
        row.encode(into: &bytes)
        let name = row.name
        return store.put(name.span, bytes.readable, until: end, at: now)
    }

    @discardableResult
    mutating func keepSettings(of topic: Topic, at now: Instant) -> KeepingAnswer {
        guard let settings = topic.settings else { return .kept }
        return keep(.declared(topic.name.bytes, settings, lostThrough: topic.lost.possiblyThrough), at: now)
    }

    func forget(_ name: [UInt8], at now: Instant) { store?.remove(name.span, at: now) }

    /// Sees to it that the next number is one that the store knows of.
    mutating func reserveNumber(at now: Instant) -> KeepingAnswer {
        guard store != nil, head >= reservedThrough else { return .kept }
        let through = head + Self.reserved
        let answer = keep(.reserved(through: through), at: now)
        if answer == .kept { reservedThrough = through }
        return answer
    }

    /// Keeps an event that a history or a last value will hold; with any answer but kept nothing was.
    mutating func keepEvent(_ event: Event, of topic: Topic, isRetained: Bool, at now: Instant) -> KeepingAnswer {
        guard store != nil else { return .kept }
        let isHistory = topic.settings != nil && !topic.keepsNothing
        if isHistory {
            let answer = keep(.event(event, previous: topic.lastNumber), at: now)
            if answer != .kept { return answer }
        }
        guard isRetained else { return .kept }
        let answer = keep(.lastValue(event, previous: topic.lastNumber), until: event.expiresAt, at: now)
        if answer != .kept, isHistory { forget(TopicRow.name(ofEvent: event.number), at: now) }
        return answer
    }

    // MARK: Loading

    mutating func open(_ store: any TopicStore, epoch: UInt64, rows: [TopicRow], at now: Instant) {
        self.epoch = epoch
        for case .reserved(let through) in rows { head = max(head, through) }
        var events: [(event: Event, previous: UInt64)] = []
        for row in rows {
            switch row {
            case .event(let event, let previous): events.append((event, previous))
            case .lastValue(let event, _): loadLastValue(event, at: now)
            case .declared(let name, let settings, let lostThrough): loadTopic(name, settings, lostThrough)
            case .answer(let key, let number, let receivers, let until):
                dedup.insert(key, DedupTable.Answer(number: number, receivers: receivers), until: until)
            case .reserved: break
            }
        }
        events.sort { $0.event.number < $1.event.number }
        head = max(head, events.last?.event.number ?? 0)
        reservedThrough = head
        // Of all other topics nothing is known up to here.
        forgottenThrough = head
        recentLostThrough = head
        self.store = store
        for (event, previous) in events { load(event, previous, at: now) }
        for topic in declared {
            if topic.keepsNothing { topic.unheldThrough = head }
            if topic.settings == nil { topic.lost = LostNumbers(forgotten: head) }
            trim(topic, at: now)
        }
    }

    private mutating func loadTopic(_ name: [UInt8], _ settings: HistorySettings, _ lostThrough: UInt64) {
        let topic = topic(TopicName(name.span))
        if !topic.isState { becomeState(topic) }
        topic.settings = settings
        if lostThrough > 0 { topic.lost.append(lostThrough, counting: false) }
        topic.lastNumber = max(topic.lastNumber, lostThrough)
    }

    private mutating func loadLastValue(_ event: Event, at now: Instant) {
        guard event.expiresAt > now else { return }
        let topic = topic(event.topic)
        if !topic.isState { becomeState(topic) }
        topic.retained = event
        topic.lastNumber = max(topic.lastNumber, event.number)
        historyBytes += event.weight
    }

    private mutating func load(_ event: Event, _ previous: UInt64, at now: Instant) {
        guard let topic = topics.find(event.topic), topic.settings != nil else {
            return forget(TopicRow.name(ofEvent: event.number), at: now)
        }
        if topic.history.isEmpty, previous > topic.lost.through { topic.lost.append(previous, counting: false) }
        topic.published += 1
        topic.lastNumber = max(topic.lastNumber, event.number)
        topic.remember(event)
        historyBytes += event.weight
    }
}
