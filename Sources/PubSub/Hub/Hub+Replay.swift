import Bytes
import CacheModel

/// A piece of what a subscriber has missed.
package struct Replay: Sendable {
    /// What is lost for good; comes before the events.
    package var gap: Gap?
    package var events: [Event] = []
    /// Nothing is left: the subscriber is live.
    package var isComplete = false
}

extension Hub {
    /// The next piece of what a subscriber that is catching up has missed, in order. From its loop's thread.
    ///
    /// - Parameters:
    ///   - settled: what its loop has handed out: everything up to this number, and nothing behind it.
    ///   - bytes: the piece ends when its events weigh so much.
    package func replay(
        _ subscriber: Subscriber, through settled: UInt64, at now: Instant, bytes: Int
    ) -> Replay {
        update { $0.replay(subscriber, through: settled, at: now, bytes: bytes) }
    }
}

extension HubState {
    /// Events looked at for a piece: the lock is held for some tens of microseconds.
    private static let budget = 1024

    mutating func replay(
        _ subscriber: Subscriber, through settled: UInt64, at now: Instant, bytes: Int
    ) -> Replay {
        var result = Replay()
        guard subscriber.isCatchingUp else {
            result.isComplete = true
            return result
        }
        let topics = subscriber.topics + matching(subscriber)
        result.gap = gap(subscriber, topics)
        var sources = ReplaySources(topics, subscriber, through: settled)
        if !subscriber.request.patterns.isEmpty { sources.add(recent) }
        var weight = 0
        var looked = 0
        while weight < bytes, looked < Self.budget {
            guard let event = sources.next(recent) else {
                result.isComplete = settled >= subscriber.joinedAt
                break
            }
            looked += 1
            subscriber.advance(to: event.number)
            // An event whose time is over is one its publisher let go: no loss.
            guard event.expiresAt > now, subscriber.takes(event) else { continue }
            result.events.append(event)
            weight += event.weight
        }
        subscriber.settle(with: sources.unusedWaiting)
        if result.isComplete { subscriber.caughtUp(to: settled) }
        return result
    }

    /// What the subscriber's topics have lost behind its place and was not told yet.
    private mutating func gap(_ subscriber: Subscriber, _ topics: [Topic]) -> Gap? {
        var losers: [[UInt8]] = []
        var through: UInt64 = 0
        var missed: Int? = subscriber.request.filter.isEmpty ? 0 : nil
        for topic in topics {
            let place = subscriber.place(of: topic)
            guard topic.lost.through > place else { continue }
            losers.append(topic.name.bytes)
            through = max(through, topic.lost.through)
            missed = Self.sum(missed, topic.lost.count(after: place))
            subscriber.floors[ObjectIdentifier(topic)] = topic.lost.through
        }
        let told = max(subscriber.place, subscriber.toldThrough)
        if told < forgottenThrough || (!subscriber.request.patterns.isEmpty && told < recentLostThrough) {
            let lost = undeclaredLosses(subscriber, behind: told)
            losers += lost.subjects
            through = max(through, lost.through)
            if !lost.subjects.isEmpty { missed = Self.sum(missed, lost.missed) }
            subscriber.toldThrough = max(told, forgottenThrough, recentLostThrough)
        }
        guard !losers.isEmpty else { return nil }
        statistics.gaps += 1
        return Gap(
            reason: .historyTrimmed, topics: Array(losers.prefix(PubSubLimits.topicsPerGap)),
            from: cursor(subscriber.place), to: cursor(through), missed: missed, place: cursor(subscriber.place))
    }

    private static func sum(_ left: Int?, _ right: Int?) -> Int? {
        guard let left, let right else { return nil }
        return left + right
    }

    /// What undeclared topics that patterns match have lost, and what was forgotten with its topic.
    private func undeclaredLosses(
        _ subscriber: Subscriber, behind place: UInt64
    ) -> (subjects: [[UInt8]], through: UInt64, missed: Int?) {
        var subjects: [[UInt8]] = []
        var through: UInt64 = 0
        var missed: Int? = 0
        if !subscriber.request.patterns.isEmpty {
            topics.forEach { topic in
                guard topic.lost.through > place, !topic.isState, !subscriber.names(topic.name),
                    subscriber.listens(to: topic.name)
                else { return }
                subjects.append(topic.name.bytes)
                through = max(through, topic.lost.through)
                missed = Self.sum(missed, topic.lost.count(after: place))
            }
        }
        // Which topics were forgotten is forgotten: any pattern may have matched one. A named topic that was forgotten
        // was made anew when the subscriber joined, and knows only what it lost since.
        if place < forgottenThrough {
            subjects += subscriber.request.patterns.map(\.text)
            subjects += subscriber.topics.filter { $0.mayHaveLost(behind: place) }.map(\.name.bytes)
            if !subjects.isEmpty {
                through = max(through, forgottenThrough)
                missed = nil
            }
        }
        return (subjects, through, missed)
    }
}

/// The histories a piece is taken from, merged by number.
private struct ReplaySources {
    private struct Source {
        let topic: Topic
        var index: Int
    }

    private var sources: [Source] = []
    private let settled: UInt64
    private let waiting: [Event]
    private var waitingIndex = 0
    private let subscriber: Subscriber
    /// The next places in what is remembered of undeclared topics; empty where only named topics count.
    private var recentIndices: [Int] = []

    init(_ topics: [Topic], _ subscriber: Subscriber, through settled: UInt64) {
        self.settled = settled
        self.subscriber = subscriber
        waiting = subscriber.waiting
        for topic in topics {
            let index = topic.place(after: subscriber.place(of: topic))
            if index < topic.history.count { sources.append(Source(topic: topic, index: index)) }
        }
    }

    mutating func add(_ recent: [RecentEvents]) { recentIndices = recent.map { $0.place(after: subscriber.place) } }

    /// What waits and was not taken.
    var unusedWaiting: ArraySlice<Event> { waiting[waitingIndex...] }

    /// The next event by number; nil when none is left up to what is settled.
    mutating func next(_ recent: [RecentEvents]) -> Event? {
        var best: Event?
        /// Which history; those of undeclared topics count down from -3.
        var source = -1
        for index in sources.indices where sources[index].index < sources[index].topic.history.count {
            let event = sources[index].topic.history[sources[index].index]
            if event.number <= settled && event.number < best?.number ?? .max {
                best = event
                source = index
            }
        }
        if waitingIndex < waiting.count, waiting[waitingIndex].number <= settled,
            waiting[waitingIndex].number < best?.number ?? .max
        {
            best = waiting[waitingIndex]
            source = -2
        }
        for owner in recentIndices.indices {
            if let event = nextRecent(recent[owner], owner), event.number < best?.number ?? .max {
                best = event
                source = -3 - owner
            }
        }
        switch source {
        case -1: break
        case -2: waitingIndex += 1
        case ..<(-2): recentIndices[-3 - source] += 1
        default: sources[source].index += 1
        }
        return best
    }

    /// Passes over what no pattern matches, and what is read elsewhere.
    private mutating func nextRecent(_ recent: RecentEvents, _ owner: Int) -> Event? {
        var index = recentIndices[owner]
        defer { recentIndices[owner] = index }
        while index < recent.count {
            let (topic, event) = (recent[index].topic, recent[index].event)
            if event.number > settled { return nil }
            if !topic.isState, event.number > max(topic.lost.through, subscriber.place(of: topic)),
                !subscriber.names(topic.name), subscriber.listens(to: topic.name)
            {
                return event
            }
            index += 1
        }
        return nil
    }
}
