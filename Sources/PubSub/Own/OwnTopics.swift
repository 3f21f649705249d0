import Bytes
import CacheModel
import Synchronization

/// News for one of the server's own topics, whose names begin with `$`.
package struct OwnNews: ~Escapable {
    package enum Event: String, Sendable {
        /// A counter is this now.
        case value
        /// A place among the first of a leaderboard changed.
        case top
        /// A member passed others, or was passed.
        case passed
        case wasPassed = "was-passed"
        /// What became of a session.
        case created, rotated, expired, revoked
    }

    package var topic: Span<UInt8>
    /// What the news is about: of one topic and key only the newest counts.
    package var key: Span<UInt8>
    package var event: Event
    /// JSON.
    package var payload: Span<UInt8>
    /// The change it tells of: within an interval news of an older change is dropped, whichever loop is quicker.
    package var position: Position

    @_lifetime(copy topic, copy key, copy payload)
    package init(
        topic: Span<UInt8>, key: Span<UInt8>, event: Event, payload: Span<UInt8>, position: Position
    ) {
        self.topic = topic
        self.key = key
        self.event = event
        self.payload = payload
        self.position = position
    }
}

extension Hub {
    /// Whether anybody listens to a topic of the server's own: asked before any news is made. Costs one load.
    package var hasOwnListeners: Bool { ownListeners.load(ordering: .relaxed) > 0 }

    /// Tells news to those who listen to its topic; where nobody does nothing happens.
    ///
    /// - Parameter interval: at most one event of this topic and key in so many milliseconds. The last news in one is
    ///   told at its end.
    package func tell(_ news: borrowing OwnNews, every interval: Int64, at now: Instant, own: Int? = nil) {
        let held = HeldNews(news)
        update(own: own) { $0.tell(held, every: interval, at: now) }
    }

    /// Publishes to a topic of the server's own whether or not anybody listens: who was away for a moment finds it.
    package func announce(_ news: borrowing OwnNews, at now: Instant, own: Int? = nil) {
        let held = HeldNews(news)
        update(own: own) { $0.publish(held, at: now) }
    }
}

/// News with bytes of its own.
struct HeldNews: Sendable {
    let topic: [UInt8]
    let key: [UInt8]
    let event: OwnNews.Event
    let payload: [UInt8]
    let position: Position

    init(_ news: borrowing OwnNews) {
        topic = news.topic.copied()
        key = news.key.copied()
        event = news.event
        payload = news.payload.copied()
        position = news.position
    }

    var subject: Subject { Subject(topic: topic, key: key, event: event) }

    /// Of which only the newest counts.
    struct Subject: Hashable {
        let topic: [UInt8]
        let key: [UInt8]
        let event: OwnNews.Event
    }
}

/// News that was told a moment ago, and what came since.
struct OwnTopics {
    struct Told {
        var position: Position
        var waiting: HeldNews?
    }

    private struct End {
        let at: Instant
        let subject: HeldNews.Subject
    }

    private var told: [HeldNews.Subject: Told] = [:]
    /// By length of the interval, in the order in which they end.
    private var ends: [Int64: Ring<End>] = [:]

    /// Notes that news was told now; false where it must wait for the end of the interval.
    mutating func begin(_ news: HeldNews, every interval: Int64, at now: Instant) -> Bool {
        let subject = news.subject
        guard var there = told[subject] else {
            told[subject] = Told(position: news.position)
            ends[interval, default: Ring()].append(End(at: now.advanced(byMilliseconds: interval), subject: subject))
            return true
        }
        if news.position > max(there.position, there.waiting?.position ?? .none) {
            there.waiting = news
            told[subject] = there
        }
        return false
    }

    /// Takes news whose interval is over; nil where none is.
    mutating func takeDue(at now: Instant) -> HeldNews? {
        for interval in ends.keys {
            while let end = ends[interval]?.first, end.at <= now {
                ends[interval]?.removeFirst()
                guard let news = told.removeValue(forKey: end.subject)?.waiting else { continue }
                told[end.subject] = Told(position: news.position)
                ends[interval]?.append(End(at: now.advanced(byMilliseconds: interval), subject: end.subject))
                return news
            }
        }
        return nil
    }
}

extension HubState {
    mutating func tell(_ news: HeldNews, every interval: Int64, at now: Instant) {
        // News that nobody listens to must not push out what is known of other topics.
        guard topics.find(news.topic.span, news.topic.span.processHash) != nil || tree.matches(news.topic.span) else {
            return
        }
        let topic = topic(TopicName(news.topic.span))
        topic.resolve(tree, loops: inboxes.count)
        guard topic.exactCount + topic.matchedCount > 0 else { return retire(topic) }
        if own.begin(news, every: interval, at: now) { publish(news, at: now) }
    }

    mutating func publish(_ news: HeldNews, at now: Instant) {
        let event = Array(news.event.rawValue.utf8)
        let type = Array("application/json".utf8)
        let publication = Publication(
            topic: news.topic.span, payload: news.payload.span, event: event.span, key: news.key.span, type: type.span)
        _ = publish(publication, publication.topic.processHash, Event.storage(of: publication), at: now)
    }

    /// Tells what has waited long enough; at most `budget` of it.
    mutating func tellWaiting(at now: Instant, budget: Int) {
        for _ in 0..<budget {
            guard let news = own.takeDue(at: now) else { return }
            publish(news, at: now)
        }
    }
}
