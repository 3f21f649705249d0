import Bytes
import CacheModel
import Posix
import PubSub
import Synchronization
import Testing

/// Threads as in the server: loops that each have readers of their own, and others that publish, come and go, declare
/// and do the upkeep, all at once. Under the thread sanitizer this also tells of what they share without a lock.
@Suite struct HubStressTests {
    static let topics = ["kept", "recent", "other"]

    @Test func `many threads that publish, join, leave, replay and are present lose and repeat nothing`() throws {
        let seed = UInt64.random(in: 1 ... .max)
        print("hub stress: seed \(seed)")
        let stress = HubStress(loops: 3, publishers: 3, seed: seed)
        try stress.run(events: 2500)
        let published = stress.published.withLock { $0.sorted { $0.number < $1.number } }
        #expect(published.count == 7500)
        let accounts = stress.accounts.withLock { $0 }
        #expect(accounts.count > 30)
        for account in accounts {
            let expected = published.filter {
                account.topics.contains($0.topic) && account.from < $0.number && $0.number <= account.through
            }
            #expect(
                account.got == expected.map(\.number),
                "\(account.topics) from \(account.from) through \(account.through), seed \(seed)")
        }
        #expect(accounts.contains { $0.from == 0 && $0.got.count > 1000 })
        let statistics = stress.hub.statistics()
        #expect(statistics.subscribers == 0 && statistics.members == 0 && statistics.gaps == 0)
    }
}

/// What a reader was given, told when it left.
struct ReaderAccount {
    let topics: [String]
    /// It was to be given what came behind this number…
    let from: UInt64
    /// … up to this one.
    let through: UInt64
    let got: [UInt64]
}

/// What all threads of one run share.
final class HubStress: Sendable {
    let hub: Hub
    let now = Instant(milliseconds: 1_000_000)
    let published = Mutex<[(number: UInt64, topic: String)]>([])
    let accounts = Mutex<[ReaderAccount]>([])
    /// Publishers that have not ended.
    let busy: Atomic<Int>
    private let loops: Int
    private let seed: UInt64

    final class Waker: LoopWaker {
        let wakes = Atomic<Int>(0)
        func wake(_ loop: Int) { wakes.add(1, ordering: .relaxed) }
    }

    init(loops: Int, publishers: Int, seed: UInt64) {
        self.loops = loops
        self.seed = seed
        busy = Atomic(publishers)
        hub = Hub(epoch: 7, loops: loops, waker: Waker())
        hub.open(Fixture.Store(), epoch: 7, rows: [], at: now)
        var settings = HistorySettings()
        (settings.count, settings.age, settings.bytes) = (100_000, 3_600_000, 64 << 20)
        _ = hub.declare(Fixture.name("kept"), settings, at: now)
    }

    func run(events: Int) throws {
        let group = ThreadGroup()
        for loop in 0..<loops {
            try group.start(name: "loop") { [self] in
                StressLoop(self, loop, SplitMix64(seed: seed &+ UInt64(loop))).run()
            }
        }
        for publisher in 0..<busy.load(ordering: .relaxed) {
            try group.start(name: "publisher") { [self] in
                publish(events, publisher, SplitMix64(seed: seed ^ UInt64(publisher + 1) << 32))
                busy.subtract(1, ordering: .releasing)
            }
        }
        try group.start(name: "tender") { [self] in tend(SplitMix64(seed: ~seed)) }
        group.join()
    }

    private func publish(_ events: Int, _ publisher: Int, _ seed: SplitMix64) {
        var random = seed
        for step in 0..<events {
            let topic = HubStressTests.topics.randomElement(using: &random)!
            let (name, payload, key) = (
                Array(topic.utf8), Array("\(publisher) \(step)".utf8), Array("k\(step % 7)".utf8)
            )
            var publication = Publication(topic: name.span, payload: payload.span, event: Span(), key: key.span)
            publication.isRetained = step % 50 == 0
            publication.dedup = step % 40 == 0 ? DedupKey(high: UInt64(publisher), low: UInt64(step)) : nil
            guard case .done(let cursor, _, false) = hub.publish(publication, at: now) else { continue }
            published.withLock { $0.append((cursor.number, topic)) }
        }
    }

    /// Members that come and go, topics that are declared and removed, news of the server's own, upkeep.
    private func tend(_ seed: SplitMix64) {
        var random = seed
        var step = 0
        while busy.load(ordering: .acquiring) > 0 {
            let member = Array("m\(random.next() % 20)".utf8)
            let room = Fixture.name("room")
            if random.next() % 2 == 0 {
                let lease = Lease(topic: room, member: member, meta: Array("\(step % 3)".utf8), timeToLive: 60_000)
                _ = hub.enter(lease, at: now)
            } else {
                _ = hub.leave(room, member: member, at: now)
            }
            let passing = Fixture.name("passing/\(random.next() % 50)")
            if step % 3 == 0 {
                _ = hub.declare(passing, HistorySettings(), at: now)
            } else {
                _ = hub.remove(passing, at: now)
            }
            _ = hub.info(Fixture.name("kept"), at: now)
            _ = hub.history(Fixture.name("kept"), HistoryWish(), at: now)
            _ = hub.members(of: room, at: now)
            tell(step)
            hub.maintain(at: now)
            step += 1
        }
        for member in hub.members(of: Fixture.name("room"), at: now) {
            _ = hub.leave(Fixture.name("room"), member: member.name, at: now)
        }
    }

    private func tell(_ step: Int) {
        let (topic, key, payload) = (Array("$counters/c".utf8), [UInt8](), Array("{\"value\":\(step)}".utf8))
        let news = OwnNews(
            topic: topic.span, key: key.span, event: .value, payload: payload.span,
            position: Position(epoch: 1, number: UInt64(step + 1)))
        if hub.hasOwnListeners { hub.tell(news, every: 100, at: now) }
        hub.announce(news, at: now)
    }
}

/// One loop's thread: hands out, and has readers that join and leave.
final class StressLoop {
    final class Reader: EventReceiver {
        let subscriber: Subscriber
        let topics: [String]
        var from: UInt64 = 0
        var got: [UInt64] = []

        init(_ request: SubscriptionRequest, _ topics: [String], loop: Int) {
            subscriber = Subscriber(request, loop: loop)
            self.topics = topics
            subscriber.receiver = self
        }

        func receive(_ event: Event) {
            _ = event.encoded(0) { EncodedEvent(bytes: event.bytes, unframed: ByteSlice(event.payload)) }
            if subscriber.admits(event) { note(event) }
        }

        func note(_ event: Event) {
            if event.kind == .message, topics.contains(Self.text(event.topic)) { got.append(event.number) }
        }

        private static func text(_ name: TopicName) -> String { String(decoding: name.bytes, as: UTF8.self) }
    }

    private let stress: HubStress
    private let loop: Int
    private var random: SplitMix64
    private var readers: [Reader] = []
    private var settled: UInt64 = 0

    init(_ stress: HubStress, _ loop: Int, _ random: SplitMix64) {
        self.stress = stress
        self.loop = loop
        self.random = random
    }

    func run() {
        while stress.busy.load(ordering: .acquiring) > 0 {
            turn()
            if readers.count < 8 { join() }
            if random.next() % 4 == 0, let reader = readers.randomElement(using: &random) { leave(reader) }
        }
        turn()
        for reader in readers {
            while reader.subscriber.isCatchingUp { replay(reader) }
            leave(reader)
        }
    }

    private func turn() {
        let (deliveries, head) = stress.hub.take(loop)
        for delivery in deliveries {
            for subscriber in delivery.exact + delivery.matched { subscriber.receiver?.receive(delivery.event) }
            delivery.event.handedOut()
        }
        settled = head
        for reader in readers where reader.subscriber.isCatchingUp { replay(reader) }
    }

    private func replay(_ reader: Reader) {
        let replay = stress.hub.replay(reader.subscriber, through: settled, at: stress.now, bytes: 20_000)
        for event in replay.events { reader.note(event) }
    }

    private func join() {
        var request = SubscriptionRequest()
        var topics = HubStressTests.topics.filter { _ in random.next() % 2 == 0 }
        switch random.next() % 4 {
        case 0:
            topics = HubStressTests.topics
            let pattern = Array("*".utf8)
            request.patterns = [Pattern(pattern.span)!]
        case 1:
            request.topics = (topics + ["room", "$counters/c"]).map(Fixture.name)
            request.wantsPresence = true
        default: request.topics = (topics + ["passing/1"]).map(Fixture.name)
        }
        let from = [0, settled / 2, settled].randomElement(using: &random)!
        if random.next() % 3 != 0 { request.start = .cursor(Cursor(epoch: 7, number: from)) }
        let reader = Reader(request, topics, loop: loop)
        // Topics that were removed meanwhile have lost something, and that is told.
        _ = stress.hub.join(reader.subscriber, at: stress.now)
        reader.from = reader.subscriber.place
        readers.append(reader)
    }

    private func leave(_ reader: Reader) {
        let through = reader.subscriber.isCatchingUp ? reader.got.last ?? reader.from : settled
        stress.hub.leave(reader.subscriber)
        readers.removeAll { $0 === reader }
        let account = ReaderAccount(topics: reader.topics, from: reader.from, through: through, got: reader.got)
        stress.accounts.withLock { $0.append(account) }
    }
}
