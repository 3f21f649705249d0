import Bytes
import CacheModel
import PubSub
import Synchronization
import Testing

@Suite struct `Publishing` {
    @Test func `an event reaches everybody who listens, once, in order`() {
        let fixture = Fixture()
        let readers = [
            fixture.join(["a"]), fixture.join(["a", "b"], patterns: ["*", "**"]), fixture.join(patterns: ["a"]),
        ]
        #expect(fixture.publish("a", "1") == .done(Cursor(epoch: 7, number: 1), receivers: 3, isRepeated: false))
        #expect(fixture.publish("b", "2") == .done(Cursor(epoch: 7, number: 2), receivers: 1, isRepeated: false))
        fixture.turn()
        #expect(readers.map(\.got) == [["1"], ["1", "2"], ["1"]])
    }

    @Test func `a loop is woken once until it takes what it was given`() {
        let fixture = Fixture(loops: 3)
        _ = fixture.join(["a"], loop: 1)
        _ = fixture.join(["a"], loop: 2)
        fixture.publish("a", "1")
        fixture.publish("a", "2")
        #expect(fixture.waker.woken.withLock { $0 } == [1, 2])
        fixture.turn(1)
        fixture.publish("a", "3")
        #expect(fixture.waker.woken.withLock { $0 } == [1, 2, 1])
    }

    @Test func `what was published before somebody joined is not theirs`() {
        let fixture = Fixture()
        fixture.publish("a", "before")
        let reader = fixture.join(["a"])
        fixture.publish("a", "after")
        fixture.turn()
        #expect(reader.got == ["after"])
    }

    @Test func `who left is given nothing`() {
        let fixture = Fixture()
        let reader = fixture.join(["a"], patterns: ["b/*"])
        fixture.publish("a", "1")
        fixture.hub.leave(reader.subscriber)
        fixture.turn()
        #expect(fixture.publish("b/c", "2") == .done(Cursor(epoch: 7, number: 2), receivers: 0, isRepeated: false))
        #expect(reader.got.isEmpty && fixture.hub.statistics().subscribers == 0)
    }

    @Test func `a repeated dedup is answered as the first, for ten minutes`() {
        let fixture = Fixture()
        let first = Cursor(epoch: 7, number: 1)
        #expect(fixture.publish("a", "1", dedup: 5) == .done(first, receivers: 0, isRepeated: false))
        fixture.now = fixture.now.advanced(byMilliseconds: PubSubLimits.dedupKept - 1)
        #expect(fixture.publish("a", "2", dedup: 5) == .done(first, receivers: 0, isRepeated: true))
        fixture.now = fixture.now.advanced(byMilliseconds: 1)
        #expect(
            fixture.publish("a", "3", dedup: 5)
                == .done(Cursor(epoch: 7, number: 2), receivers: 0, isRepeated: false))
    }

    @Test func `limits refuse what would break a promise`() {
        var limits = PubSubLimits()
        limits.dedupAnswers = 2
        limits.declaredTopics = 1
        limits.historyBytes = 1000
        let fixture = Fixture(limits: limits)
        fixture.publish("a", "1", dedup: 1)
        fixture.publish("a", "2", dedup: 2)
        #expect(fixture.publish("a", "3", dedup: 3) == .full)
        fixture.publish("a", "4", retained: true)
        #expect(fixture.publish("b", "5", retained: true) == .full)
        #expect(fixture.publish("a", String(repeating: "x", count: 1000), retained: true) == .full)
        #expect(fixture.hub.declare(Fixture.name("c"), HistorySettings(), at: fixture.now) == .full)
    }
}

@Suite struct `Coming back` {
    @Test func `replay and live delivery meet without a hole and without an overlap`() {
        let fixture = Fixture()
        fixture.declare("kept")
        fixture.declare("live", count: 0)
        for number in 1...20 { fixture.publish("kept", "k\(number)") }
        let reader = fixture.join(["kept", "live"], from: fixture.cursor(5))
        var expected = (6...20).map { "k\($0)" }
        // Much is published while the reader still takes what it missed, in small pieces.
        for number in 21...40 {
            fixture.publish("kept", "k\(number)")
            fixture.publish("live", "l\(number)")
            expected += ["k\(number)", "l\(number)"]
            if number % 3 == 0 { fixture.turn() }
            fixture.replay(reader, bytes: 200)
        }
        fixture.turn()
        fixture.catchUp(reader)
        fixture.publish("kept", "end")
        fixture.turn()
        #expect(reader.got == expected + ["end"])
        #expect(reader.gaps.isEmpty)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `any order of publishing, handing out, joining and replaying loses nothing`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let fixture = Fixture()
        fixture.declare("a", count: 1000)
        fixture.declare("b", count: 3)
        fixture.declare("c", count: 0)
        let topics = ["a", "b", "c", "d"]
        var all: [(topic: String, text: String)] = []
        var readers: [(reader: Fixture.Reader, from: Int)] = []
        for step in 0..<120 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0..<5:
                let topic = topics.randomElement(using: &random)!
                all.append((topic, "\(topic)\(step)"))
                fixture.publish(topic, "\(topic)\(step)")
            case 5: fixture.turn()
            case 6:
                let from = Int.random(in: 0...all.count, using: &random)
                let byPattern = Bool.random(using: &random)
                let reader = fixture.join(
                    byPattern ? ["a"] : topics, patterns: byPattern ? ["*"] : [], from: fixture.cursor(UInt64(from)))
                readers.append((reader, from))
            default: if let one = readers.randomElement(using: &random) { fixture.replay(one.reader, bytes: 300) }
            }
        }
        fixture.turn()
        for (reader, from) in readers {
            fixture.catchUp(reader)
            check(reader, against: all[from...].map { $0 })
        }
    }

    /// What was got is what was published, in order, less some of the topics that gaps name.
    private func check(_ reader: Fixture.Reader, against published: [(topic: String, text: String)]) {
        let lossy = Set(reader.gaps.flatMap { spelt($0.topics) })
        var index = 0
        for (topic, text) in published {
            if index < reader.got.count, reader.got[index] == text {
                index += 1
            } else {
                #expect(lossy.contains(topic), "\(text) is missing, and gaps are in \(lossy)")
            }
        }
        #expect(index == reader.got.count, "something came twice, or out of order: \(reader.got)")
    }

    @Test func `a gap tells how much is missing while that is known`() {
        let fixture = Fixture()
        fixture.declare("a", count: 2)
        for number in 1...2000 { fixture.publish("a", "\(number)") }
        fixture.turn()
        let near = fixture.join(["a"], from: fixture.cursor(1500))
        fixture.catchUp(near)
        #expect(near.gaps.map(\.missed) == [498] && near.got == ["1999", "2000"])
        let far = fixture.join(["a"], from: fixture.cursor(10))
        fixture.catchUp(far)
        #expect(far.gaps.map(\.missed) == [nil] && far.got == ["1999", "2000"])
    }

    @Test func `a topic that lost nothing since is in no gap, however much others lost`() {
        let fixture = Fixture()
        fixture.declare("a", count: 1)
        fixture.publish("b", "b1")
        for number in 1...10 { fixture.publish("a", "\(number)") }
        fixture.turn()
        let reader = fixture.join(["b"], from: fixture.cursor(1))
        fixture.catchUp(reader)
        #expect(reader.gaps.isEmpty && reader.got.isEmpty)
    }

    @Test func `places that cannot be taken are told with their reason`() {
        let fixture = Fixture()
        fixture.publish("a", "1")
        fixture.turn()
        let lost = fixture.join(["a"], from: .cursor(Cursor(epoch: 6, number: 9)))
        let ahead = fixture.join(["a"], from: fixture.cursor(2))
        let unknown = fixture.join(["a"], from: .unknown)
        for reader in [lost, ahead, unknown] { fixture.catchUp(reader) }
        #expect([lost, ahead, unknown].map { $0.gaps.map(\.reason) } == [[.epochLost], [.ahead], [.unknownCursor]])
        #expect([lost, ahead, unknown].map(\.got) == [["1"], [], []])
    }

    @Test func `an undeclared topic is remembered for a minute, and its loss is told`() {
        let fixture = Fixture()
        fixture.publish("a", "1")
        fixture.publish("b/x", "2")
        fixture.turn()
        fixture.now = fixture.now.advanced(byMilliseconds: 59_999)
        let soon = fixture.join(["a"], patterns: ["b/*"], from: fixture.cursor(0))
        fixture.catchUp(soon)
        #expect(soon.got == ["1", "2"] && soon.gaps.isEmpty)
        fixture.now = fixture.now.advanced(byMilliseconds: 1)
        fixture.hub.maintain(at: fixture.now)
        let late = fixture.join(["a"], patterns: ["b/*"], from: fixture.cursor(0))
        fixture.catchUp(late)
        #expect(late.got.isEmpty && late.gaps.map { spelt($0.topics).sorted() } == [["a", "b/x"]])
        #expect(late.gaps.first?.missed == 2)
    }

    @Test func `topics that were forgotten are not taken to be quiet`() {
        var limits = PubSubLimits()
        limits.idleTopics = 2
        let fixture = Fixture(limits: limits)
        for number in 1...5 { fixture.publish("t\(number)", "x") }
        fixture.turn()
        fixture.now = fixture.now.advanced(byMilliseconds: 60_000)
        fixture.hub.maintain(at: fixture.now)
        #expect(fixture.hub.statistics().topics == 2)
        let named = fixture.join(["t1"], from: fixture.cursor(0))
        fixture.catchUp(named)
        #expect(named.gaps.map { spelt($0.topics) } == [["t1"]] && named.gaps.first?.missed == nil)
        let behind = fixture.join(["t1"], from: fixture.cursor(5))
        fixture.catchUp(behind)
        #expect(behind.gaps.isEmpty)
    }

    @Test func `an event whose time is over is given to nobody who comes later`() {
        let fixture = Fixture()
        fixture.declare("a")
        fixture.publish("a", "brief", ttl: 100)
        fixture.publish("a", "lasting")
        fixture.turn()
        fixture.now = fixture.now.advanced(byMilliseconds: 100)
        let reader = fixture.join(["a"], from: .last(10))
        fixture.catchUp(reader)
        #expect(reader.got == ["lasting"] && reader.gaps.isEmpty)
    }
}

@Suite struct `What topics remember` {
    @Test func `a history is bounded by count, bytes and age`() throws {
        let fixture = Fixture()
        fixture.declare("count", count: 3)
        fixture.declare("bytes", bytes: 1000)
        fixture.declare("age", age: 5000)
        for number in 1...9 {
            for topic in ["count", "bytes", "age"] { fixture.publish(topic, "\(number)") }
            fixture.now = fixture.now.advanced(byMilliseconds: 1000)
        }
        fixture.hub.maintain(at: fixture.now)
        let held = try ["count", "bytes", "age"].map { topic in
            try #require(fixture.hub.info(Fixture.name(topic), at: fixture.now)).events
        }
        #expect(held == [3, 5, 4])
    }

    @Test func `all histories together are bounded`() {
        var limits = PubSubLimits()
        limits.historyBytes = 10_000
        let fixture = Fixture(limits: limits)
        for topic in ["a", "b", "c"] { fixture.declare(topic) }
        for number in 0..<300 { fixture.publish(["a", "b", "c"][number % 3], "\(number)") }
        #expect(fixture.hub.statistics().historyBytes <= 10_000)
    }

    @Test func `recent events of all undeclared topics together are bounded`() {
        var limits = PubSubLimits()
        limits.recentBytes = 10_000
        let fixture = Fixture(limits: limits)
        for number in 0..<300 { fixture.publish("t\(number)", "x") }
        #expect(fixture.hub.statistics().recentBytes <= 10_000)
    }

    @Test func `removing a topic gives everything of it up`() {
        let fixture = Fixture()
        fixture.declare("a")
        fixture.publish("a", "1", retained: true)
        #expect(fixture.hub.remove(Fixture.name("a")) && !fixture.hub.remove(Fixture.name("a")))
        #expect(fixture.hub.statistics().historyBytes == 0 && fixture.hub.statistics().declaredTopics == 0)
        #expect(fixture.hub.retained(Fixture.name("a"), at: fixture.now) == nil)
    }

    @Test func `the effects of topics build the same histories again`() throws {
        let fixture = Fixture()
        fixture.declare("a", count: 3)
        for number in 1...5 { fixture.publish("a", "\(number)", dedup: UInt64(number)) }
        fixture.publish("b", "kept", retained: true)
        fixture.publish("c", "costs no log anything")
        fixture.declare("gone")
        _ = fixture.hub.remove(Fixture.name("gone"))
        let effects = fixture.log.effects.withLock { $0 }
        #expect(effects.count == 1 + 5 * 2 + 1 + 2)
        let copy = Fixture()
        for effect in effects { copy.hub.apply(effect) }
        copy.turn()
        #expect(copy.hub.head == Cursor(epoch: 7, number: 6))
        let reader = copy.join(["a", "b"], from: .last(10))
        copy.catchUp(reader)
        #expect(reader.got == ["3", "4", "5", "kept"])
        #expect(copy.hub.info(Fixture.name("gone"), at: copy.now) == nil)
        #expect(
            copy.publish("a", "again", dedup: 2)
                == .done(Cursor(epoch: 7, number: 2), receivers: 0, isRepeated: true))
    }
}

@Suite struct `Places and patterns` {
    @Test func `a cursor is its text and back, always of one length`() throws {
        for (epoch, number) in [(0, 0), (1, 1), (1 << 48 - 1, 1 << 56 - 1), (123_456_789, 42)] as [(UInt64, UInt64)] {
            var text = IOBuffer()
            Cursor(epoch: epoch, number: number).append(to: &text)
            #expect(text.count == Cursor.length && text.count <= Cursor.maximumLength)
            #expect(Cursor(text.readable) == Cursor(epoch: epoch, number: number))
        }
    }

    @Test func `other text is no cursor`() {
        for text in ["", "A", String(repeating: "A", count: 20), String(repeating: "/", count: 20)] {
            let bytes = Array(text.utf8)
            #expect(Cursor(bytes.span) == nil)
        }
    }

    @Test func `the tree finds what matching one by one finds`() {
        var random = SplitMix64(seed: 11)
        let words = ["a", "b", "*", "**", ""]
        func level(_ words: [String]) -> String {
            (0..<Int.random(in: 1...4, using: &random)).map { _ in words.randomElement(using: &random)! }
                .joined(separator: "/")
        }
        for _ in 0..<300 {
            let text = level(words)
            let bytes = Array(text.utf8)
            guard let pattern = Pattern(bytes.span) else { continue }
            let fixture = Fixture()
            let reader = fixture.join(patterns: [text])
            for _ in 0..<20 {
                let topic = level(["a", "b", "$s", ""])
                let name = Array(topic.utf8)
                if name.isEmpty { continue }
                let before = reader.got.count
                fixture.publish(topic, "x")
                fixture.turn()
                #expect((reader.got.count > before) == pattern.matches(name.span), "\(text) and \(topic)")
            }
        }
    }

    @Test func `conflation keeps the newest of each topic and key, and counts what it stands for`() {
        let fixture = Fixture()
        final class Keeper: EventReceiver {
            var conflation = Conflation()
            func receive(_ event: Event) { conflation.hold(event) }
        }
        let keeper = Keeper()
        let reader = fixture.join(["a", "b"])
        reader.subscriber.receiver = keeper
        for number in 0..<10 { fixture.publish(number % 2 == 0 ? "a" : "b", "\(number)", key: "k\(number % 3)") }
        fixture.turn()
        let held = keeper.conflation.takeAll()
        #expect(held.map { Fixture.text($0.event) } == ["4", "5", "6", "7", "8", "9"])
        #expect(held.reduce(0) { $0 + $1.skipped } == 4 && keeper.conflation.isEmpty && keeper.conflation.bytes == 0)
    }
}
