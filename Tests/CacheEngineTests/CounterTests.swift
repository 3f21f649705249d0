import Bytes
import CacheModel
import TestDepth
import Testing

@testable import CacheEngine

/// One add in test spelling.
struct Adding {
    var by: Int64 = 1
    var initial: Int64?
    var wish: CounterWish?
    var ttl: Int64?
    var mode = CounterLifetimeMode.create
    var unique: String?
    var item: String?
}

extension Cache {
    func add(_ name: String, _ adding: Adding = Adding(), zones: ZoneSet = ZoneSet()) -> CounterAnswer {
        adds([(name, adding)], zones: zones).first ?? CounterAnswer()
    }

    func adds(_ adds: [(String, Adding)], zones: ZoneSet = ZoneSet()) -> [CounterAnswer] {
        var bytes: [UInt8] = []
        func slice(_ text: String) -> ByteSlice {
            defer { bytes += Array(text.utf8) }
            return ByteSlice(start: bytes.count, count: text.utf8.count)
        }
        var list: [CounterAdd] = []
        for (name, adding) in adds {
            var add = CounterAdd(name: slice(name))
            (add.by, add.initial, add.wish) = (adding.by, adding.initial, adding.wish)
            (add.ttl, add.mode) = (adding.ttl, adding.mode)
            add.unique = adding.unique.map(slice)
            add.item = adding.item.map(slice)
            list.append(add)
        }
        var reply = Reply()
        let command = CounterAdds(adds: list.span, bytes: bytes.span, precondition: Precondition(), zones: zones)
        _ = engine.execute(.counterAdds(command), at: now, ticket: nextTicket(), reply: &reply)
        return reply.counters.answers
    }

    func counter(_ name: String, _ action: CounterAction, zones: ZoneSet = ZoneSet()) -> (Answer, CounterReply) {
        let name = Array(name.utf8)
        var reply = Reply()
        let command = CounterCommand(name: name.span, action: action, precondition: Precondition(), zones: zones)
        _ = engine.execute(.counter(command), at: now, ticket: nextTicket(), reply: &reply)
        return (Answer(reply), reply.counters)
    }

    func value(_ name: String) -> Int64? {
        let (answer, counters) = counter(name, .read)
        return answer.isMiss ? nil : counters.value
    }
}

@Suite struct CounterTests {
    @Test("bounds and overflow hold at both ends of int64", arguments: CounterOverflow.allCases)
    func bounds(_ overflow: CounterOverflow) {
        let cache = Cache()
        var wish = CounterWish()
        wish.overflow = overflow
        _ = cache.add("a", Adding(by: 0, initial: .max, wish: wish))
        let answer = cache.add("a")
        switch overflow {
        case .reject: #expect(answer.outcome == .outOfBounds && cache.value("a") == .max)
        case .saturate: #expect(answer.value == .max && answer.applied == 0)
        case .wrap: #expect(answer.value == .min)
        }
        (wish.minimum, wish.maximum) = (-2, 3)
        _ = cache.add("b", Adding(by: 3, wish: wish))
        let next = cache.add("b", Adding(by: 2))
        switch overflow {
        case .reject: #expect(next.outcome == .outOfBounds)
        case .saturate: #expect(next.value == 3)
        case .wrap: #expect(next.value == -1)
        }
    }

    @Test("create sets the lifetime once, extend each time, keep never")
    func lifetimes() {
        let cache = Cache()
        let start = cache.now
        #expect(cache.add("a", Adding(ttl: 1000)).freshUntil == start.advanced(byMilliseconds: 1000))
        cache.pass(600)
        #expect(cache.add("a", Adding(ttl: 1000)).freshUntil == start.advanced(byMilliseconds: 1000))
        #expect(cache.add("b", Adding(ttl: 1000, mode: .extend)).freshUntil == start.advanced(byMilliseconds: 1600))
        cache.pass(400)
        #expect(cache.value("a") == nil)
        #expect(
            cache.add("b", Adding(ttl: 1000, mode: .extend)).freshUntil == start.advanced(byMilliseconds: 2000))
        #expect(cache.add("c", Adding(ttl: 1000, mode: .keep)).freshUntil == .never)
    }

    @Test("settings given with an add must be those that are stored")
    func settings() {
        let cache = Cache()
        var wish = CounterWish()
        wish.maximum = 10
        _ = cache.add("a", Adding(wish: wish))
        #expect(cache.add("a", Adding(wish: wish)).value == 2)
        wish.maximum = 11
        #expect(cache.add("a", Adding(wish: wish)).outcome == .settingsDiffer)
        #expect(cache.value("a") == 2)
    }

    @Test("an atomic batch changes all counters or none")
    func atomic() {
        let cache = Cache()
        var wish = CounterWish()
        wish.maximum = 1
        _ = cache.add("full", Adding(wish: wish))
        let answers = cache.adds([("a", Adding(unique: "u", item: "i")), ("full", Adding())])
        #expect(answers.last?.outcome == .outOfBounds)
        #expect(cache.value("a") == nil)
        #expect(cache.adds([("a", Adding(unique: "u", item: "i")), ("b", Adding(by: 5))]).map(\.value) == [1, 5])
    }

    @Test("windows count what fell into each bucket, as a plain model does, and the log rebuilds them")
    func windows() {
        let seed = testSeed()
        print("counter windows: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let recorder = Recorder()
        let cache = Cache(seed: seed, reader: recorder)
        var wish = CounterWish()
        wish.windows = [
            CounterWindow(unit: .seconds, width: 60, count: 30), CounterWindow(unit: .days, width: 1, count: 40),
            CounterWindow(unit: .weeks, width: 1, count: 9),
        ]
        wish.zone = Array("Test/Zone".utf8)
        // Clocks change twice within the days that are looked at.
        let start = cache.now.seconds
        let zone = Zone(
            name: wish.zone!, firstOffset: 3600,
            transitions: [(at: start + 5 * 86_400, offset: 7200), (at: start + 20 * 86_400, offset: 3600)])
        var zones = ZoneSet()
        zones.add(zone)
        var events: [(at: Instant, by: Int64)] = []
        for _ in 0..<600 {
            let by = Int64(random.next() % 100) - 20
            _ = cache.add("c", Adding(by: by, wish: wish), zones: zones)
            events.append((cache.now, by))
            cache.pass(Int64(random.next() % 7_200_000))
        }
        let second = Cache(seed: seed)
        second.engine.replay(recorder.all)
        for other in [cache, second] {
            other.now = cache.now
            let (answer, _) = other.counter("c", .read, zones: zones)
            guard let state = CounterState(answer.value.span) else {
                Issue.record("no counter")
                return
            }
            for window in wish.windows! {
                guard let ring = state.ring(of: window) else {
                    Issue.record("no ring")
                    continue
                }
                let last = window.bucket(at: events.last!.at, zone)
                for bucket in (last - Int64(window.count) + 1)...last {
                    let expected = events.filter { window.bucket(at: $0.at, zone) == bucket }.reduce(0) { $0 + $1.by }
                    #expect(state.count(in: ring, bucket) == expected, "\(window) \(bucket), seed \(seed)")
                }
            }
            #expect(state.value == events.reduce(0) { $0 + $1.by })
        }
        cache.engine.checkInvariants()
        second.engine.checkInvariants()
    }

    @Test("a day has 23 or 25 hours where clocks change, and begins at the jump where midnight is left out")
    func clockChanges() {
        let spring = Zone(name: [], firstOffset: 3600, transitions: [(at: 86_400 * 10 + 3600, offset: 7200)])
        let day = CounterWindow(unit: .days, width: 1, count: 1)
        #expect(day.start(of: 11, spring).since(day.start(of: 10, spring)) == 23 * 3_600_000)
        let autumn = Zone(name: [], firstOffset: 7200, transitions: [(at: 86_400 * 10 + 3600, offset: 3600)])
        #expect(day.start(of: 11, autumn).since(day.start(of: 10, autumn)) == 25 * 3_600_000)
        let jump = Zone(name: [], firstOffset: 0, transitions: [(at: 86_400 * 10, offset: 3600)])
        #expect(day.start(of: 10, jump).seconds == 86_400 * 10)
        #expect(day.bucket(at: Instant(milliseconds: 86_400_000 * 10), jump) == 10)
    }

    @Test("uniques are within four standard errors, whatever the number, and are the same after a replay")
    func uniques() {
        for count in [1, 100, 700, 5000, 60_000] {
            let recorder = Recorder()
            let cache = Cache(seed: 7, reader: recorder)
            for number in 0..<count { _ = cache.add("c", Adding(unique: "user \(number)")) }
            for number in 0..<min(count, 50) { _ = cache.add("c", Adding(unique: "user \(number)")) }
            let estimate = cache.counter("c", .uniques(nil)).1.estimate
            #expect(abs(Double(estimate) - Double(count)) <= max(1, 0.0324 * Double(count)), "\(count): \(estimate)")
            let second = Cache(seed: 7)
            second.engine.replay(recorder.all)
            second.now = cache.now
            #expect(second.counter("c", .uniques(nil)).1.estimate == estimate)
            cache.engine.checkInvariants()
        }
    }

    @Test("a million uniques are told within 2 %, for every seed", arguments: [1, 2, 3] as [UInt64])
    func millionUniques(seed: UInt64) {
        // The registers alone, as `add` fills them: through commands the same million takes minutes here.
        var ranks = [UInt8](repeating: 0, count: Uniques.registers)
        var estimates: [Int: Int64] = [:]
        for number in 1...1_000_000 {
            let name = UInt64(number)
            let hash = withUnsafeBytes(of: name) { bytes in
                KeyHasher(first: seed, second: ~seed).hash(RawBytes(start: bytes.baseAddress!, count: 8))
            }
            let (register, rank) = Uniques.place(hash)
            if ranks[register] < rank { ranks[register] = rank }
            if [10_000, 100_000, 1_000_000].contains(number) { estimates[number] = Self.estimate(ranks) }
        }
        for (count, estimate) in estimates {
            let error = abs(Double(estimate) / Double(count) - 1)
            #expect(error <= 0.02, "\(count) counted as \(estimate), seed \(seed)")
        }
    }

    @Test("some hundreds are counted exactly", arguments: [1, 2, 3] as [UInt64])
    func fewUniques(seed: UInt64) {
        let cache = Cache(seed: seed)
        for number in 1...700 {
            _ = cache.add("c", Adding(unique: "user \(number)"))
            _ = cache.add("c", Adding(unique: "user \(number / 2)"))
            guard number < 50 || number % 25 == 0 else { continue }
            let estimate = cache.counter("c", .uniques(nil)).1.estimate
            // Number 0 came as well.
            #expect(estimate == Int64(number + 1), "seed \(seed)")
        }
    }

    @Test("a dense state is the same whether it was sparse before or never")
    func denseForm() {
        let cache = Cache(seed: 3)
        let hasher = KeyHasher(first: 9, second: 21).ofStates
        var ranks = [UInt8](repeating: 0, count: Uniques.registers)
        for number in 1...3000 {
            let name = Array("user \(number)".utf8)
            let (register, rank) = Uniques.place(hasher.hash(RawBytes(name.span)))
            ranks[register] = max(ranks[register], rank)
            _ = cache.add("c", Adding(unique: "user \(number)"))
        }
        #expect(cache.counter("c", .uniques(nil)).1.estimate == Self.estimate(ranks))
    }

    private static func estimate(_ ranks: [UInt8]) -> Int64 {
        let state: [UInt8] = [1, 0, 0, 0] + ranks
        return state.withUnsafeBytes { bytes in
            var union = Uniques.Union()
            union.add(RawBytes(start: bytes.baseAddress!, count: bytes.count))
            return union.estimate
        }
    }

    @Test("every item that is more than a thousandth is among the first 1,000, and no error is larger than that")
    func frequent() {
        let seed = testSeed()
        print("frequent items: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let cache = Cache()
        var truth: [String: Int64] = [:]
        var total: Int64 = 0
        // Two out of three are items of a long tail that never comes back: all 1,000 places change hands many times.
        for number in 0..<30_000 {
            let item = random.next() % 3 == 0 ? "item \(random.next() % (1 << (random.next() % 8)))" : "once \(number)"
            _ = cache.add("c", Adding(item: item))
            truth[item, default: 0] += 1
            total += 1
        }
        var reply = Reply()
        let name = Array("c".utf8)
        let command = CounterCommand(
            name: name.span, action: .top(nil, most: 1000), precondition: Precondition(), zones: ZoneSet())
        _ = cache.engine.execute(.counter(command), at: cache.now, ticket: cache.nextTicket(), reply: &reply)
        #expect(reply.counters.items.count == 1000)
        var found: [String: Int64] = [:]
        for item in reply.counters.items {
            let text = String(decoding: reply.bytes.readable.extracting(item.item).array, as: UTF8.self)
            #expect(item.error <= total / 1000, "\(text) \(item.error), seed \(seed)")
            #expect(item.count - item.error <= truth[text] ?? 0 && truth[text] ?? 0 <= item.count, "seed \(seed)")
            found[text] = item.count
        }
        let frequent = truth.filter { $0.value > total / 1000 }
        #expect(frequent.count > 10)
        #expect(frequent.keys.allSatisfy { found[$0] != nil }, "seed \(seed)")
    }

    @Test("the true count of each frequent item lies between count less error and count")
    func items() {
        let seed = testSeed()
        print("frequent items: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let cache = Cache()
        var truth: [String: Int64] = [:]
        for _ in 0..<20_000 {
            let item = "item \(random.next() % (1 << (random.next() % 12)))"
            let by = Int64(random.next() % 3)
            _ = cache.add("c", Adding(by: by, item: item))
            truth[item, default: 0] += by
        }
        var reply = Reply()
        let name = Array("c".utf8)
        let command = CounterCommand(
            name: name.span, action: .top(nil, most: 100), precondition: Precondition(), zones: ZoneSet())
        _ = cache.engine.execute(.counter(command), at: cache.now, ticket: cache.nextTicket(), reply: &reply)
        #expect(reply.counters.items.count == 100)
        for found in reply.counters.items {
            let item = String(decoding: reply.bytes.readable.extracting(found.item).array, as: UTF8.self)
            let count = truth[item] ?? 0
            #expect(found.count - found.error <= count && count <= found.count, "\(item), seed \(seed)")
        }
        cache.engine.checkInvariants()
    }

    @Test("a counter's parts go with it: deleted, or at its end")
    func parts() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        var wish = CounterWish()
        wish.windows = [CounterWindow(unit: .seconds, width: 60, count: 5)]
        for number in 0..<5 {
            _ = cache.add("a", Adding(wish: wish, unique: "u\(number)", item: "i\(number)"))
            _ = cache.add("b", Adding(ttl: 300_000, unique: "u", item: "i"))
            cache.pass(50_000)
        }
        #expect(cache.statistics.states[Int(Kind.counters.number)] > 8)
        _ = cache.counter("a", .delete)
        cache.pass(60_000)
        #expect(cache.value("b") == nil)
        #expect(cache.statistics.states[Int(Kind.counters.number)] == 0)
        let second = Cache()
        second.engine.replay(recorder.all)
        #expect(second.statistics.states[Int(Kind.counters.number)] == 0)
        #expect(cache.engine.digest == 0 && second.engine.digest == 0)
        cache.engine.checkInvariants()
    }

    @Test("settings may grow what is kept, never cut it")
    func configure() {
        let cache = Cache()
        var wish = CounterWish()
        wish.windows = [CounterWindow(unit: .seconds, width: 60, count: 5)]
        _ = cache.add("a", Adding(by: 4, wish: wish))
        var settings = CounterSettings()
        settings.windows = [CounterWindow(unit: .seconds, width: 60, count: 4)]
        #expect(cache.counter("a", .configure(settings)).0.outcome == .settingsDiffer)
        settings.windows = [
            CounterWindow(unit: .seconds, width: 3600, count: 5), CounterWindow(unit: .seconds, width: 60, count: 9),
        ]
        settings.maximum = 3
        #expect(cache.counter("a", .configure(settings)).0.outcome == .outOfBounds)
        settings.maximum = 9
        #expect(cache.counter("a", .configure(settings)).0.outcome == .replaced)
        let stored = cache.counter("a", .read).0.value
        guard let state = CounterState(stored.span), let ring = state.ring(of: settings.windows[1]) else {
            Issue.record("no counter")
            return
        }
        #expect(state.settings == settings)
        #expect(state.count(in: ring, settings.windows[1].bucket(at: cache.now, .utc)) == 4)
    }
}
