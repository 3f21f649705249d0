import Bytes
import CacheModel

extension Hub {
    /// Publishes an event. From any thread; the server's own topics are published to with the same call.
    ///
    /// - Parameter own: the loop that calls, if it looks into its inbox at the end of its turn by itself.
    package func publish(
        _ publication: borrowing Publication, at now: Instant, own: Int? = nil
    ) -> Published {
        let storage = Event.storage(of: publication)
        let hash = publication.topic.processHash
        return update(own: own) { $0.publish(publication, hash, storage, at: now) }
    }
}

extension HubState {
    mutating func publish(
        _ publication: borrowing Publication, _ hash: UInt64, _ storage: SharedBytes, at now: Instant
    ) -> Published {
        if let key = publication.dedup {
            dedup.forget(at: now, budget: 8)
            if let answer = dedup.answer(to: key) {
                statistics.repeated += 1
                return .done(cursor(answer.number), receivers: answer.receivers, isRepeated: true)
            }
            if dedup.count >= limits.dedupAnswers { return .full }
        }
        let topic = topic(publication.topic, hash)
        if publication.isRetained && !hasRoomForLastValue(of: topic, storage) {
            retire(topic)
            return .full
        }
        let reserved = reserveNumber(at: now)
        guard reserved == .kept else { return refuse(topic, reserved) }
        let event = Event(
            publication, topic: topic.name, storage: storage, kind: .message, cursor: cursor(head + 1),
            at: now, isKept: !topic.keepsNothing)
        let kept = keepEvent(event, of: topic, isRetained: publication.isRetained, at: now)
        guard kept == .kept else { return refuse(topic, kept) }
        head += 1
        topic.published += 1
        topic.lastNumber = head
        statistics.published += 1
        keep(event, of: topic, isRetained: publication.isRetained, at: now)
        let receivers = handOut(event, of: topic)
        if let key = publication.dedup {
            let until = now.advanced(byMilliseconds: PubSubLimits.dedupKept)
            dedup.insert(key, DedupTable.Answer(number: head, receivers: receivers), until: until)
            keep(.answer(key, number: head, receivers: receivers, until: until), until: until, at: now)
        }
        return .done(cursor(head), receivers: receivers, isRepeated: false)
    }

    private mutating func refuse(_ topic: Topic, _ answer: KeepingAnswer) -> Published {
        retire(topic)
        return .refused(answer)
    }

    /// Puts an event into its topic's history, and gives up what that is too much for.
    mutating func keep(_ event: Event, of topic: Topic, isRetained: Bool, at now: Instant) {
        if isRetained { retain(event, of: topic) }
        if topic.keepsNothing {
            topic.unheldThrough = event.number
            topic.lostAt = event.at
            return
        }
        topic.remember(event)
        if topic.settings != nil {
            historyBytes += event.weight
            trim(topic, at: now)
        } else {
            let owner = topic.name.owner
            recent[owner].append(topic, event)
            trimRecent(owner, at: now)
        }
    }

    /// A last value is given up by nobody but its publisher, so one too many is refused.
    private func hasRoomForLastValue(of topic: Topic, _ storage: SharedBytes) -> Bool {
        let weight = Event.weight(of: storage) - (topic.retained?.weight ?? 0)
        if weight > 0 && historyBytes + weight > limits.historyBytes { return false }
        return topic.isState || declared.count < limits.declaredTopics
    }

    /// Makes an event its topic's last value.
    private mutating func retain(_ event: Event, of topic: Topic) {
        if !topic.isState { becomeState(topic) }
        historyBytes += event.weight - (topic.retained?.weight ?? 0)
        topic.retained = event
    }

    mutating func becomeState(_ topic: Topic) {
        declared.append(topic)
        declaredVersion += 1
    }

    /// Puts an event into the inboxes of the loops that have listeners.
    /// - Returns: how many streams are given it.
    mutating func handOut(_ event: Event, of topic: Topic) -> Int {
        topic.resolve(tree, loops: inboxes.count)
        guard topic.exactCount + topic.matchedCount > 0 else { return 0 }
        var loops = 0
        var receivers = 0
        for loop in inboxes.indices {
            let exact = topic.exact.isEmpty ? [] : topic.exact[loop]
            let matched = topic.matched.isEmpty ? [] : topic.matched[loop]
            if exact.isEmpty && matched.isEmpty { continue }
            if choosy > 0 {
                let chosen = Self.takers(of: event, exact) + Self.takers(of: event, matched)
                if chosen == 0 { continue }
                receivers += chosen
            }
            inboxes[loop].deliveries.append(Delivery(event: event, exact: exact, matched: matched))
            loops += 1
        }
        event.willBeHandedOut(by: loops)
        return choosy > 0 ? receivers : topic.exactCount + topic.matchedCount
    }

    private static func takers(of event: Event, _ subscribers: [Subscriber]) -> Int {
        subscribers.reduce(0) { $0 + ($1.takes(event) ? 1 : 0) }
    }
}
