import Bytes
import CacheModel
import PubSub
import Synchronization

/// A hub with readers that note what they are given, all on one loop and in one thread.
final class Fixture {
    final class Reader: EventReceiver {
        let subscriber: Subscriber
        var got: [String] = []
        var gaps: [Gap] = []

        init(_ subscriber: Subscriber) { self.subscriber = subscriber }

        func receive(_ event: Event) {
            if subscriber.admits(event) { got.append(Fixture.text(event)) }
        }
    }

    final class Waker: LoopWaker {
        let woken = Mutex<[Int]>([])
        func wake(_ loop: Int) { woken.withLock { $0.append(loop) } }
    }

    /// Keeps rows in memory, until it is told that it is full.
    final class Store: TopicStore {
        let rows = Mutex<[[UInt8]: [UInt8]]>([:])
        let answer = Mutex(KeepingAnswer.kept)
        var position: Position { .none }

        func put(_ name: Span<UInt8>, _ row: Span<UInt8>, until end: Instant, at now: Instant) -> KeepingAnswer {
            let (name, row) = (name.copied(), row.copied())
            return answer.withLock { answer in
                if answer == .kept { rows.withLock { $0[name] = row } }
                return answer
            }
        }

        func remove(_ name: Span<UInt8>, at now: Instant) {
            let name = name.copied()
            rows.withLock { $0[name] = nil }
        }

        func all(epoch: UInt64) -> [TopicRow] {
            rows.withLock { $0.map { TopicRow($0.key.span, $0.value.span, epoch: epoch)! } }
        }
    }

    let waker = Waker()
    let store: Store
    let hub: Hub
    var now = Instant(milliseconds: 1_000_000)
    var settled: UInt64 = 0

    /// - Parameter store: what an earlier hub kept; the new one goes on where that left off.
    init(loops: Int = 1, limits: PubSubLimits = PubSubLimits(), store: Store = Store(), epoch: UInt64 = 7) {
        self.store = store
        hub = Hub(epoch: 7, loops: loops, limits: limits, waker: waker)
        hub.open(store, epoch: epoch, rows: store.all(epoch: epoch), at: now)
    }

    static func text(_ event: Event) -> String {
        String(decoding: event.bytes.span.extracting(event.payload).copied(), as: UTF8.self)
    }

    static func name(_ text: String) -> TopicName {
        let bytes = Array(text.utf8)
        return TopicName(bytes.span)
    }

    @discardableResult
    func publish(
        _ topic: String, _ text: String, event: String = "", key: String = "", retained: Bool = false, ttl: Int64 = 0,
        dedup: UInt64? = nil
    ) -> Published {
        let (name, payload, eventName, eventKey) = (
            Array(topic.utf8), Array(text.utf8), Array(event.utf8), Array(key.utf8)
        )
        var publication = Publication(
            topic: name.span, payload: payload.span, event: eventName.span, key: eventKey.span)
        publication.isRetained = retained
        publication.timeToLive = ttl
        publication.dedup = dedup.map { DedupKey(high: $0, low: 0) }
        return hub.publish(publication, at: now)
    }

    /// News of a session, as the server tells it; the event's number.
    @discardableResult
    func announce(_ text: String) -> UInt64 {
        let (topic, key, payload) = (Array("$sessions".utf8), [UInt8](), Array(text.utf8))
        hub.announce(
            OwnNews(topic: topic.span, key: key.span, event: .created, payload: payload.span, position: .none), at: now)
        return hub.head.number
    }

    func declare(_ topic: String, count: Int = 1000, age: Int64 = 3_600_000, bytes: Int = 8 << 20) {
        var settings = HistorySettings()
        settings.count = count
        settings.age = age
        settings.bytes = bytes
        _ = hub.declare(Self.name(topic), settings, at: now)
    }

    func join(
        _ topics: [String] = [], patterns: [String] = [], from start: SubscriptionRequest.Start = .now, loop: Int = 0
    ) -> Reader {
        var request = SubscriptionRequest()
        request.topics = topics.map(Self.name)
        request.patterns = patterns.map { text in
            let bytes = Array(text.utf8)
            return Pattern(bytes.span)!
        }
        request.start = start
        let subscriber = Subscriber(request, loop: loop)
        let reader = Reader(subscriber)
        subscriber.receiver = reader
        if let gap = hub.join(subscriber, at: now) { reader.gaps.append(gap) }
        return reader
    }

    /// Hands out what the loop was given.
    func turn(_ loop: Int = 0) {
        let (deliveries, head) = hub.take(loop)
        for delivery in deliveries {
            for subscriber in delivery.exact + delivery.matched { subscriber.receiver?.receive(delivery.event) }
            delivery.event.handedOut()
        }
        settled = head
    }

    /// Replays to the end, in pieces of about so many bytes.
    func catchUp(_ reader: Reader, bytes: Int = 1000) {
        while !replay(reader, bytes: bytes) {}
    }

    @discardableResult
    func replay(_ reader: Reader, bytes: Int = 1000) -> Bool {
        let replay = hub.replay(reader.subscriber, through: settled, at: now, bytes: bytes)
        if let gap = replay.gap { reader.gaps.append(gap) }
        reader.got += replay.events.map(Self.text)
        return replay.isComplete
    }

    func cursor(_ number: UInt64) -> SubscriptionRequest.Start { .cursor(Cursor(epoch: 7, number: number)) }
}

func spelt(_ bytes: [[UInt8]]) -> [String] { bytes.map { String(decoding: $0, as: UTF8.self) } }
