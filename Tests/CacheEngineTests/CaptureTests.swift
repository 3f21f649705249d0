import Bytes
import CacheModel
import Testing

@testable import CacheEngine

@Suite("Capturing the state")
struct CaptureTests {
    /// All that one capture gives, slice by slice; `between` runs after each.
    private func capture(_ engine: EmbeddedEngine, between: () -> Void = {}) -> [Record] {
        let recorder = Recorder()
        var cursor: CaptureCursor? = .start
        while let from = cursor {
            let before = recorder.count
            cursor = engine.capture(from: from) { effect, position in
                recorder.record(effect, at: position, remaining: 0, digestChange: 0)
            }
            #expect(recorder.count - before <= 2 * CaptureSlice.entries)
            between()
        }
        return recorder.all
    }

    /// What a capture of an engine that rests says, in an order of its own.
    private func state(_ engine: EmbeddedEngine) -> [String] { capture(engine).map { "\($0)" }.sorted() }

    /// The first few entries in which two engines that rest differ.
    private func differences(_ one: EmbeddedEngine, _ other: EmbeddedEngine) -> [String] {
        state(one).difference(from: state(other)).prefix(4).map { "\($0)" }
    }

    /// An engine made from a capture and what the log says behind `start`.
    private func rebuilt(
        from captured: [Record], _ log: [Record], after start: Position, seed: UInt64 = 77
    ) -> EmbeddedEngine {
        let made = Cache(shards: 8, seed: seed)
        for record in captured { made.engine.apply(record) }
        for record in log.sorted(by: { $0.position < $1.position }) where record.position > start {
            made.engine.apply(record)
        }
        made.engine.checkInvariants()
        return made.engine
    }

    @Test("a capture of an engine at rest gives each entry once, whole")
    func whole() {
        let cache = Cache(shards: 4)
        let large = String(repeating: "large", count: 5000)
        for number in 0..<3000 {
            cache.put(
                "key:\(number)", number % 100 == 0 ? large : "value \(number)", fields: number % 3 == 0 ? [1, 0] : [],
                lifetime: .set(number % 2 == 0 ? .unlimited : Lifetime(expiresAt: cache.now, idle: 5000)),
                version: number % 5 == 0 ? CallerVersion(value: UInt64(number), onlyIfNewer: false) : nil)
        }
        let captured = capture(cache.engine)
        #expect(Set(captured.map(\.key)).count == 3000)
        #expect(captured.count == 3000)
        let made = rebuilt(from: captured, [], after: .none)
        #expect(differences(made, cache.engine) == [])
    }

    @Test("a key that is there throughout is seen while the tables grow a hundredfold")
    func growth() {
        let cache = Cache(shards: 2)
        for number in 0..<500 { cache.put("old:\(number)", "1") }
        var next = 0
        let captured = capture(cache.engine) {
            for _ in 0..<5000 where next < 50_000 {
                cache.put("new:\(next)", "2")
                next += 1
            }
        }
        #expect(next > 20_000)
        let seen = Set(captured.map { String(decoding: $0.key, as: UTF8.self) })
        for number in 0..<500 { #expect(seen.contains("old:\(number)")) }
    }

    @Test("a capture and the log behind its start are the state at its end", arguments: [1, 2, 3, 4] as [UInt64])
    func fold(_ seed: UInt64) {
        let recorder = Recorder()
        let cache = Cache(shards: 4, seed: seed, reader: recorder)
        var random = SplitMix64(seed: seed)
        for _ in 0..<5000 { change(cache, &random) }
        let start = cache.engine.statistics().position
        let captured = capture(cache.engine) { for _ in 0..<100 { change(cache, &random) } }
        let made = rebuilt(from: captured, recorder.all, after: start, seed: seed)
        #expect(made.digest == cache.engine.digest, "seed \(seed)")
        #expect(differences(made, cache.engine) == [], "seed \(seed)")
        #expect(digest(captured, recorder.all, after: start, seed) == cache.engine.digest, "seed \(seed)")
        // Loading takes duplicates and several threads' order: highest position first is the worst of them.
        let reversed = rebuilt(from: captured.reversed(), recorder.all, after: start)
        #expect(differences(reversed, cache.engine) == [], "seed \(seed)")
    }

    /// The digest as a rehearsal finds it, with the tail's keys remembered and no other.
    private func digest(_ captured: [Record], _ log: [Record], after start: Position, _ seed: UInt64) -> UInt64 {
        let state = DigestState(hashSecret: (seed &* 3, seed &* 7))
        state.rememberOnlyExpected()
        let tail = log.filter { $0.position > start }
        for record in tail { record.give { effect, _ in state.expect(effect) } }
        for record in captured + tail.sorted(by: { $0.position < $1.position }) {
            record.give { state.apply($0, at: $1) }
        }
        return state.digest
    }

    private func change(_ cache: Cache, _ random: inout SplitMix64) {
        cache.pass(Int64(random.next() % 5))
        let key = "key:\(random.next() % 2000)"
        let version = random.next() % 3 == 0 ? CallerVersion(value: random.next() % 100, onlyIfNewer: true) : nil
        switch random.next() % 12 {
        case 0..<4: cache.put(key, String(repeating: "v", count: Int(random.next() % 3000)), version: version)
        case 4: cache.put(key, "short-lived", ttl: Int64(random.next() % 3000))
        case 5: cache.put(key, "sliding", lifetime: .set(Lifetime(idle: 1000)))
        case 6: _ = cache.get(key)
        case 7: cache.delete(key, version: version)
        case 8: cache.extend(key, "more")
        case 9: cache.truncate(key, to: 3)
        case 10: cache.touch(key, .lifetime(Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 2000))))
        default: cache.maintain()
        }
    }

    @Test("a version that a delete left behind is captured with its key and keeps older writes out")
    func leftVersions() {
        let cache = Cache(shards: 2)
        for number in 0..<300 {
            cache.put("key:\(number)", "1", version: CallerVersion(value: 5, onlyIfNewer: true))
            cache.delete("key:\(number)", version: CallerVersion(value: 9, onlyIfNewer: true))
        }
        cache.put("key:0", "2", version: CallerVersion(value: 10, onlyIfNewer: true))
        let captured = capture(cache.engine)
        #expect(captured.count == 300)
        let copy = Cache(shards: 2, seed: 5)
        copy.now = cache.now
        for record in captured { copy.engine.apply(record) }
        let late = CallerVersion(value: 7, onlyIfNewer: true)
        #expect(copy.put("key:1", "late", version: late).outcome == .staleVersion)
        #expect(copy.get("key:0").text == "2")
        #expect(copy.get("nobody").reason == .never)
        copy.engine.forgetDepartures()
        #expect(copy.get("nobody").reason == .unknown)
        cache.engine.checkInvariants()
    }

    @Test("a number in the memory of left versions names the same one whatever is forgotten before it")
    func leftNumbers() {
        var versions = DeletedVersions()
        let now = Instant(milliseconds: 0)
        func leave(_ number: Int) {
            versions.leave(
                UInt64(number),
                DeletedVersions.Kept(
                    version: UInt64(number), until: Int64(number) + 1, position: .none, key: [1, 2, 3]), now: now)
        }
        for number in 0..<4000 { leave(number) }
        var seen: [UInt64] = []
        var next = versions.walk(from: 0, most: 3000) { seen.append($0.version) }
        versions.trim(now: Instant(milliseconds: 2500))
        for number in 4000..<4100 { leave(number) }
        while let from = next { next = versions.walk(from: from, most: 50) { seen.append($0.version) } }
        #expect(seen == Array(0..<4100))
        versions.trim(now: Instant(milliseconds: 1 << 40))
        #expect(versions.bytes == 0)
    }
}

@Suite("Capturing under many threads: Stress")
struct CaptureStressTests {
    @Test("what writers do while it is captured comes out of capture and log together")
    func concurrent() async {
        let recorder = Recorder()
        let cache = Cache(shards: 4, orderedKeys: true, seed: 9, reader: recorder)
        let engine = cache.engine
        let captures = await withTaskGroup(of: [(Position, [Record])].self) { tasks in
            for worker in 0..<3 {
                tasks.addTask {
                    StressWorker(worker, engine, start: 1_800_000_000_000).run(steps: 4000)
                    return []
                }
            }
            tasks.addTask { (0..<5).map { _ in Self.capture(engine) } }
            return await tasks.reduce(into: []) { $0 += $1 }
        }
        let log = recorder.all.sorted { $0.position < $1.position }
        let expected = Self.state(engine)
        for (start, captured) in captures {
            let made = Cache(shards: 4, seed: 78)
            for record in captured { made.engine.apply(record) }
            for record in log where record.position > start { made.engine.apply(record) }
            #expect(Self.state(made.engine) == expected)
        }
    }

    private static func capture(_ engine: EmbeddedEngine) -> (Position, [Record]) {
        let start = engine.statistics().position
        let recorder = Recorder()
        var cursor: CaptureCursor? = .start
        while let from = cursor {
            cursor = engine.capture(from: from) { recorder.record($0, at: $1, remaining: 0, digestChange: 0) }
        }
        return (start, recorder.all)
    }

    private static func state(_ engine: EmbeddedEngine) -> [String] { capture(engine).1.map { "\($0)" }.sorted() }
}
