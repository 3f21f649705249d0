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

    @Test func `what the server says in its own topics takes nothing from what clients said, nor the other way round`()
    {
        var limits = PubSubLimits()
        limits.recentBytes = 10_000
        limits.ownRecentBytes = 5_000
        let fixture = Fixture(limits: limits)
        fixture.publish("news", "said")
        let announced = fixture.announce("first")
        for number in 0..<1000 { fixture.announce("session \(number)") }
        #expect(fixture.hub.statistics().recentBytes <= 5_000 + 500)
        #expect(fixture.hub.info(Fixture.name("news"), at: fixture.now)?.events == 1)
        for number in 0..<1000 { fixture.publish("t\(number)", "x") }
        #expect(fixture.hub.info(Fixture.name("$sessions"), at: fixture.now).map { $0.events > 10 } == true)
        #expect(fixture.hub.statistics().recentBytes <= 15_000)
        let behind = fixture.join(["$sessions"], from: fixture.cursor(announced))
        fixture.turn()
        fixture.catchUp(behind)
        #expect(behind.gaps.first?.missed.map { $0 + behind.got.count } == 1000 && behind.got.last == "session 999")
    }

    @Test func `a reader by patterns is given clients' events and the server's own in one order`() {
        let fixture = Fixture()
        var expected: [String] = []
        for number in 0..<40 {
            if number % 3 == 0 {
                fixture.announce("own \(number)")
            } else {
                fixture.publish("a/\(number % 5)", "a \(number)")
            }
            expected.append(number % 3 == 0 ? "own \(number)" : "a \(number)")
        }
        let behind = fixture.join(patterns: ["$sessions", "a/*"], from: fixture.cursor(7))
        let since = fixture.join(patterns: ["a/*"], from: .last(1))
        fixture.turn()
        for reader in [behind, since] { fixture.catchUp(reader, bytes: 700) }
        #expect(behind.got == Array(expected.dropFirst(7)) && behind.gaps.isEmpty)
        #expect(since.got.count == 5 && since.got.last == "a 38")
    }

    @Test func `removing a topic gives everything of it up`() {
        let fixture = Fixture()
        fixture.declare("a")
        fixture.publish("a", "1", retained: true)
        let isRemoved = [true, false].map { _ in fixture.hub.remove(Fixture.name("a"), at: fixture.now) }
        #expect(isRemoved == [true, false])
        #expect(fixture.hub.statistics().historyBytes == 0 && fixture.hub.statistics().declaredTopics == 0)
        #expect(fixture.hub.retained(Fixture.name("a"), at: fixture.now) == nil)
    }

    @Test func `what is kept of topics builds the same histories again`() throws {
        let before = Fixture()
        before.declare("a", count: 3)
        for number in 1...5 { before.publish("a", "\(number)", dedup: UInt64(number)) }
        before.publish("b", "kept", retained: true)
        before.publish("c", "costs no store anything")
        before.declare("gone")
        before.publish("gone", "x", retained: true)
        _ = before.hub.remove(Fixture.name("gone"), at: before.now)
        // Two settings or last values, three events, five answers, and the numbers.
        let rows = before.store.rows.withLock { $0.count }
        #expect(rows == 11)
        let after = Fixture(store: before.store)
        after.turn()
        let reader = after.join(["a", "b"], from: .last(10))
        after.catchUp(reader)
        #expect(reader.got == ["3", "4", "5", "kept"])
        #expect(after.hub.info(Fixture.name("gone"), at: after.now) == nil)
        #expect(
            after.publish("a", "again", dedup: 2)
                == .done(Cursor(epoch: 7, number: 2), receivers: 0, isRepeated: true))
        guard case .done(let cursor, _, _) = after.publish("a", "new") else { return #expect(Bool(false)) }
        #expect(cursor.number > before.hub.head.number, "a number was given out twice")
    }

    @Test func `a reader goes on behind a restart, and is told what it lost`() {
        let before = Fixture()
        before.declare("a", count: 3)
        before.declare("b")
        for number in 1...5 { before.publish("a", "a\(number)") }
        before.publish("b", "b6")
        before.publish("quiet", "7")
        let after = Fixture(store: before.store)
        after.turn()
        // Whoever has everything up to 3 lost nothing of `a`, whoever has less did, and nobody anything of `b`.
        let complete = after.join(["a", "b"], from: after.cursor(2))
        after.catchUp(complete)
        #expect(complete.got == ["a3", "a4", "a5", "b6"] && complete.gaps.isEmpty)
        let behind = after.join(["a"], from: after.cursor(1))
        after.catchUp(behind)
        #expect(behind.got == ["a3", "a4", "a5"] && behind.gaps.count == 1 && spelt(behind.gaps[0].topics) == ["a"])
        let onlyB = after.join(["b"], from: after.cursor(1))
        after.catchUp(onlyB)
        #expect(onlyB.got == ["b6"] && onlyB.gaps.isEmpty)
        // What nobody kept may have had more.
        let quiet = after.join(["quiet"], from: after.cursor(6))
        after.catchUp(quiet)
        #expect(quiet.got.isEmpty && quiet.gaps.count == 1)
    }

    @Test func `a history that emptied tells its loss behind a restart`() {
        let before = Fixture()
        before.declare("a", age: 1000)
        before.publish("a", "1")
        before.now = before.now.advanced(byMilliseconds: 2000)
        before.hub.maintain(at: before.now)
        let after = Fixture(store: before.store)
        after.turn()
        let reader = after.join(["a"], from: after.cursor(0))
        after.catchUp(reader)
        #expect(reader.got.isEmpty && reader.gaps.count == 1)
    }

    @Test func `with numbers that may be lost another epoch begins`() {
        let before = Fixture()
        before.declare("a")
        before.publish("a", "1")
        let after = Fixture(store: before.store, epoch: 8)
        after.turn()
        let reader = after.join(["a"], from: after.cursor(1))
        after.catchUp(reader)
        #expect(reader.gaps.map(\.reason) == [.epochLost] && reader.got == ["1"])
    }

    @Test func `what cannot be kept is refused, and what need not be is not`() {
        let fixture = Fixture()
        fixture.declare("a")
        fixture.publish("a", "1")
        fixture.store.answer.withLock { $0 = .diskFull }
        #expect(fixture.publish("a", "2") == .refused(.diskFull))
        #expect(fixture.publish("b", "2", retained: true) == .refused(.diskFull))
        #expect(
            fixture.hub.declare(Fixture.name("c"), HistorySettings(), at: fixture.now) == .refused(.diskFull))
        #expect(fixture.publish("live", "2") == .done(Cursor(epoch: 7, number: 2), receivers: 0, isRepeated: false))
        fixture.store.answer.withLock { $0 = .kept }
        #expect(fixture.publish("a", "3") == .done(Cursor(epoch: 7, number: 3), receivers: 0, isRepeated: false))
        let after = Fixture(store: fixture.store)
        after.turn()
        let reader = after.join(["a"], from: .last(9))
        after.catchUp(reader)
        #expect(reader.got == ["1", "3"])
    }

    @Test func `rows that are damaged are none`() {
        let fixture = Fixture()
        fixture.declare("a")
        fixture.publish("a", "1", event: "e", key: "k", retained: true, dedup: 1)
        for (name, row) in fixture.store.rows.withLock({ $0 }) {
            for count in 0..<row.count {
                let cut = Array(row[..<count])
                _ = TopicRow(name.span, cut.span, epoch: 7)
            }
            for index in row.indices {
                var changed = row
                changed[index] ^= 0xFF
                _ = TopicRow(name.span, changed.span, epoch: 7)
            }
        }
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
