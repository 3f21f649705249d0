import Bytes
import CacheEngine
import CacheModel
import Testing

@Suite("Memory limits")
struct EvictionTests {
    @Test("every name names a policy and back")
    func names() {
        #expect(EvictionPolicy.allNames.count == 11)
        for name in EvictionPolicy.allNames { #expect(EvictionPolicy(name: name)?.name == name) }
        #expect(EvictionPolicy(name: "volatile-none") == nil)
        #expect(EvictionPolicy(name: "LRU") == nil)
        #expect(EvictionPolicy.default.name == "s3-fifo")
    }

    @Test(
        "each policy keeps below the limit, uses most of it, and its records say who left",
        arguments: EvictionPolicy.allNames.filter { $0 != "none" })
    func staysBelow(_ name: String) {
        let recorder = Recorder()
        let limit = 4 << 20
        let cache = Cache(maxMemory: limit, policy: EvictionPolicy(name: name)!, reader: recorder)
        var random = SplitMix64(seed: 5)
        for number in 0..<30_000 {
            let value = [UInt8](repeating: 1, count: Int(random.next() % 600))
            let lifetime = Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 1_000_000 + Int64(number)))
            let answer = cache.put(Array("key:\(number)".utf8), value, lifetime: .set(lifetime))
            #expect(answer.outcome == .created)
            #expect(cache.statistics.memoryUsed <= UInt64(limit))
        }
        let statistics = cache.statistics
        #expect(statistics.evictions > 10_000)
        #expect(statistics.payload > UInt64(limit) * 70 / 100)
        #expect(recorder.count == 30_000 + Int(statistics.evictions))
        let gone = recorder.all.last { if case .delete(.evicted, _, _, _) = $0.change { true } else { false } }
        #expect(cache.get(gone?.key ?? []).outcome == .miss(.evicted))
        cache.engine.checkInvariants()
    }

    @Test(
        "large values make room for each other under every policy",
        arguments: EvictionPolicy.allNames.filter { $0 != "none" })
    func largeValues(_ name: String) {
        let cache = Cache(shards: 16, maxMemory: 16 << 20, policy: EvictionPolicy(name: name)!)
        let value = [UInt8](repeating: 7, count: 64 << 10)
        for number in 0..<80 {
            let lifetime = Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 36_000_000))
            #expect(cache.put(Array("long:\(number)".utf8), value, lifetime: .set(lifetime)).outcome == .created)
            cache.pass(2)
        }
        for number in 0..<600 {
            let lifetime = Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 60_000))
            let answer = cache.put(Array("short:\(number)".utf8), value, lifetime: .set(lifetime))
            #expect(answer.outcome == .created, "number \(number) of \(cache.statistics)")
            cache.pass(2)
        }
    }

    @Test(
        "the volatile policies spare entries without a lifetime, whatever comes",
        arguments: ["s3-fifo", "lru", "lfu", "ttl", "random"])
    func volatile(_ name: String) {
        let cache = Cache(maxMemory: 4 << 20, policy: EvictionPolicy(name: "volatile-" + name)!)
        let value = String(repeating: "x", count: 300)
        for number in 0..<3000 { cache.put("kept:\(number)", value) }
        for number in 0..<20_000 { #expect(cache.put("passing:\(number)", value, ttl: 100_000).outcome == .created) }
        for number in 0..<3000 { #expect(cache.get("kept:\(number)").outcome == .hit) }
        // Made to last, an entry is spared; given an end, it is not.
        for number in 0..<100 {
            cache.put("turned:\(number)", value, ttl: 100_000)
            #expect(cache.touch("turned:\(number)", .lifetime(.unlimited)).outcome == .hit)
        }
        for number in 20_000..<40_000 { cache.put("passing:\(number)", value, ttl: 100_000) }
        for number in 0..<100 { #expect(cache.get("turned:\(number)").outcome == .hit) }
        cache.engine.checkInvariants()
    }

    @Test(
        "when nothing may leave, a write past the limit says so and changes nothing",
        arguments: ["none", "volatile-lru"])
    func full(_ name: String) {
        let recorder = Recorder()
        let cache = Cache(maxMemory: 1 << 20, policy: EvictionPolicy(name: name)!, reader: recorder)
        let value = String(repeating: "x", count: 1000)
        var number = 0
        while cache.put("key:\(number)", value).outcome == .created { number += 1 }
        #expect(number > 700)
        let before = (cache.statistics.entries, recorder.count, cache.get("key:0").entry)
        #expect(cache.put("more", value).outcome == .memoryFull)
        #expect(cache.put("key:0", value + value, if: Conditions(ifMatch: .any)).outcome == .memoryFull)
        #expect(cache.extend("key:0", value).outcome == .memoryFull)
        #expect(cache.get("key:0").text == value)
        #expect((cache.statistics.entries, recorder.count, cache.get("key:0").entry) == before)
        // What fits in place still goes, and what is deleted makes room.
        #expect(cache.put("key:0", value).outcome == .replaced)
        for gone in 0..<200 { cache.delete("key:\(gone)") }
        #expect(cache.put("more", value).outcome == .created)
        cache.engine.checkInvariants()
    }

    @Test(
        "no write is refused where everything was used once",
        arguments: EvictionPolicy.allNames.filter { $0 != "none" })
    func allUsed(_ name: String) {
        let cache = Cache(shards: 1, maxMemory: 16 << 20, policy: EvictionPolicy(name: name)!)
        let lifetime = LifetimeChange.set(Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 1_000_000)))
        let value = [UInt8](repeating: 1, count: 1000)
        for number in 0..<16_000 where cache.statistics.evictions == 0 {
            let key = Array("key-\(number)".utf8)
            #expect(cache.put(key, value, lifetime: lifetime).outcome == .created)
            _ = cache.get(key, wantsValue: false)
        }
        for number in 0..<2000 {
            let answer = cache.put(Array("new-\(number)".utf8), value, lifetime: lifetime)
            #expect(answer.outcome == .created)
            if answer.outcome != .created { break }
        }
        #expect(cache.statistics.evictions > 1000)
    }

    @Test("a value that could never fit is refused and evicts nothing")
    func tooLargeForMemory() {
        let cache = Cache(maxMemory: 2 << 20)
        for number in 0..<1000 { cache.put("key:\(number)", "value") }
        #expect(cache.put([1], [UInt8](repeating: 0, count: 3 << 20)).outcome == .memoryFull)
        #expect(cache.statistics.entries == 1000)
        #expect(cache.put([1], [UInt8](repeating: 0, count: 9 << 20)).outcome == .tooLarge)
    }

    @Test("large values make room for each other and are given back")
    func largeValues() {
        let cache = Cache(maxMemory: 8 << 20)
        for number in 0..<100 {
            let answer = cache.put(Array("key:\(number)".utf8), [UInt8](repeating: 1, count: 500_000 + number * 10_000))
            #expect(answer.outcome == .created)
            #expect(cache.statistics.memoryUsed <= 8 << 20)
        }
        #expect(cache.statistics.payload > 4 << 20)
        cache.engine.checkInvariants()
        for number in 0..<100 { cache.delete("key:\(number)") }
        #expect(cache.statistics.memoryUsed < 1 << 20)
    }

    @Test("what is used often stays where newcomers pass through", arguments: ["s3-fifo", "lru", "lfu"])
    func hot(_ name: String) {
        let cache = Cache(maxMemory: 4 << 20, policy: EvictionPolicy(name: name)!)
        let value = String(repeating: "x", count: 300)
        for round in 0..<60 {
            for number in 0..<500 where cache.get("hot:\(number)").isMiss { cache.put("hot:\(number)", value) }
            for number in 0..<1000 { cache.put("once:\(round):\(number)", value) }
        }
        let held = (0..<500).count { cache.get("hot:\($0)").outcome == .hit }
        #expect(held > 450)
    }

    @Test("under ttl those that end soonest leave first")
    func soonest() {
        let cache = Cache(maxMemory: 4 << 20, policy: EvictionPolicy(name: "ttl")!)
        let value = String(repeating: "x", count: 300)
        for number in 0..<8000 { cache.put("key:\(number)", value, ttl: number % 2 == 0 ? 50_000 : 5_000_000) }
        for number in 8000..<14_000 { cache.put("key:\(number)", value, ttl: 5_000_000) }
        let soon = stride(from: 0, to: 8000, by: 2).count { cache.get("key:\($0)").outcome == .hit }
        let late = stride(from: 1, to: 8000, by: 2).count { cache.get("key:\($0)").outcome == .hit }
        #expect(soon < 2000)
        #expect(late > 3900)
    }

    @Test("overwriting with other lengths leaves no waste behind that compaction does not win back")
    func compaction() {
        let cache = Cache()
        var random = SplitMix64(seed: 8)
        for _ in 0..<60_000 {
            let key = Array("key:\(random.next() % 5000)".utf8)
            cache.put(key, [UInt8](repeating: 7, count: Int(random.next() % 500)))
        }
        let statistics = cache.statistics
        #expect(statistics.memoryUsed < statistics.payload * 3 / 2 + 1_000_000)
        cache.engine.checkInvariants()
        for number in 0..<5000 where number % 10 != 0 { cache.delete("key:\(number)") }
        for _ in 0..<400 { cache.maintain() }
        #expect(cache.statistics.memoryUsed < statistics.memoryUsed / 3)
        cache.engine.checkInvariants()
    }
}
