import Bytes
import CacheModel

/// What is known of a topic.
package struct TopicInfo: Sendable {
    /// Nil for one that nobody declared.
    package var settings: HistorySettings?
    /// Places of the first and the last remembered event; nil where none is.
    package var first: Cursor?
    package var last: Cursor?
    package var events: Int
    package var bytes: Int
    /// Streams that get what is published to it, by name or by pattern.
    package var subscribers: Int
    package var hasLastValue: Bool
    package var members: Int
}

/// What became of declaring a topic.
package enum Declaration: Sendable, Equatable { case created, changed, full, refused(KeepingAnswer) }

extension Hub {
    /// Gives a topic a history of its own. What is remembered of it stays, as far as it fits.
    package func declare(_ name: TopicName, _ settings: HistorySettings, at now: Instant) -> Declaration {
        update { $0.declare(name, settings, at: now) }
    }

    /// Takes declaration, history and last value away; false where nothing was there.
    package func remove(_ name: TopicName, at now: Instant) -> Bool { update { $0.remove(name, at: now) } }

    /// Nil for a topic nobody declared, published to or listens to.
    package func info(_ name: TopicName, at now: Instant) -> TopicInfo? { update { $0.info(name, at: now) } }

    /// The last value; nil without one, or when its time is over.
    package func retained(_ name: TopicName, at now: Instant) -> Event? {
        update { state in
            guard let event = state.topics.find(name)?.retained, event.expiresAt > now
            else { return nil }
            return event
        }
    }

    /// Remembered events of a topic in order: those behind `place` or since `instant`, at most `most` of them and
    /// `bytes`, or the `last`. Nil for a topic that is not known.
    package func history(_ name: TopicName, _ wish: HistoryWish, at now: Instant) -> HistoryPage? {
        update { $0.history(name, wish, at: now) }
    }
}

/// What part of a history is asked for.
package struct HistoryWish: Sendable {
    package var start = SubscriptionRequest.Start.cursor(Cursor(epoch: 0, number: 0))
    package var most = 1000
    package var bytes = 4 << 20

    package init() {}
}

/// A part of a history.
package struct HistoryPage: Sendable {
    package var gap: Gap?
    package var events: [Event] = []
    /// More follows behind the last event.
    package var hasMore = false
}

extension HubState {
    mutating func declare(_ name: TopicName, _ settings: HistorySettings, at now: Instant) -> Declaration {
        let topic = topic(name)
        let isNew = topic.settings == nil
        if isNew && !topic.isState && declared.count >= limits.declaredTopics {
            retire(topic)
            return .full
        }
        let before = topic.settings
        topic.settings = settings
        let kept = keepSettings(of: topic, at: now)
        guard kept == .kept else {
            topic.settings = before
            retire(topic)
            return .refused(kept)
        }
        if isNew {
            if before == nil && topic.retained == nil { becomeState(topic) }
            keepHistory(of: topic, at: now)
            // What was remembered for a while is now its own.
            historyBytes += topic.historyBytes
        }
        trim(topic, at: now)
        return isNew ? .created : .changed
    }

    /// What a topic remembered for a while is kept from now on; where that fails it is lost with the process.
    private mutating func keepHistory(of topic: Topic, at now: Instant) {
        guard store != nil else { return }
        var previous = topic.lost.possiblyThrough
        for index in 0..<topic.history.count {
            keep(.event(topic.history[index], previous: previous), at: now)
            previous = topic.history[index].number
        }
    }

    mutating func remove(_ name: TopicName, at now: Instant) -> Bool {
        guard let topic = topics.find(name), topic.isState || !topic.history.isEmpty else {
            return false
        }
        let wasState = topic.isState
        let wasDeclared = topic.settings != nil
        if let retained = topic.retained { historyBytes -= retained.weight }
        topic.retained = nil
        while !topic.history.isEmpty {
            let event = topic.trimFirst()
            guard wasDeclared else { continue }
            historyBytes -= event.weight
            forget(TopicRow.name(ofEvent: event.number), at: now)
        }
        topic.settings = nil
        // From now on it is one of the undeclared, whose losses are told by these.
        if topic.unheldThrough > topic.lost.through { topic.lost.append(topic.unheldThrough, counting: false) }
        recentLostThrough = max(recentLostThrough, topic.lost.through)
        if wasState {
            declared.removeOne(topic)
            declaredVersion += 1
            forget(TopicRow.name(ofTopic: name), at: now)
            forget(TopicRow.name(ofLastValueOf: name), at: now)
        }
        retire(topic)
        return true
    }

    func info(_ name: TopicName, at now: Instant) -> TopicInfo? {
        guard let topic = topics.find(name) else { return nil }
        topic.resolve(tree, loops: inboxes.count)
        if !topic.isState && topic.history.isEmpty && topic.exactCount + topic.matchedCount == 0
            && topic.presence.isEmpty
        {
            return nil
        }
        return TopicInfo(
            settings: topic.settings, first: topic.history.first?.cursor, last: topic.history.last?.cursor,
            events: topic.history.count, bytes: topic.historyBytes,
            subscribers: topic.exactCount + topic.matchedCount,
            hasLastValue: topic.retained.map { $0.expiresAt > now } ?? false, members: topic.presence.count)
    }

    mutating func history(_ name: TopicName, _ wish: HistoryWish, at now: Instant) -> HistoryPage? {
        guard let topic = topics.find(name), topic.isState || !topic.history.isEmpty else {
            return nil
        }
        if topic.settings != nil { trim(topic, at: now) }
        var page = HistoryPage()
        var index: Int
        switch wish.start {
        case .cursor(let cursor) where cursor.epoch == epoch || cursor.number == 0:
            index = topic.place(after: cursor.number)
            if cursor.number > 0 { page.gap = gap(topic, behind: cursor) }
        case .cursor(let cursor):
            index = 0
            page.gap = lostAltogether(topic, .epochLost, from: cursor)
        case .instant(let milliseconds):
            index = topic.place(after: topic.floor(since: Instant(milliseconds: milliseconds)))
        case .last(let count): index = max(0, topic.history.count - count)
        case .unknown, .now: index = topic.history.count
        }
        var weight = 0
        while index < topic.history.count {
            let event = topic.history[index]
            if event.expiresAt > now {
                if page.events.count == wish.most || weight >= wish.bytes {
                    page.hasMore = true
                    break
                }
                page.events.append(event)
                weight += event.weight
            }
            index += 1
        }
        return page
    }

    private func gap(_ topic: Topic, behind cursor: Cursor) -> Gap? {
        if cursor.number > head { return lostAltogether(topic, .ahead, from: cursor) }
        guard topic.goneThrough > cursor.number else { return nil }
        return Gap(
            reason: .historyTrimmed, topics: [topic.name.bytes], from: cursor, to: self.cursor(topic.goneThrough),
            missed: topic.gone(after: cursor.number), place: cursor)
    }

    private func lostAltogether(_ topic: Topic, _ reason: Gap.Reason, from: Cursor) -> Gap {
        Gap(
            reason: reason, topics: [topic.name.bytes], from: from, to: cursor(head), missed: nil,
            place: cursor(reason == .ahead ? head : 0))
    }
}
