import CacheModel
import TestDepth
import Testing

@testable import CacheEngine

/// Shards whose shares of the memory differ by much come together again.
@Suite("Shares of the memory")
struct ShareTests {
    private static let policies = ["s3-fifo", "lru", "lfu", "ttl", "random", "volatile-lru"]

    @Test("come together again with what is written, however far apart they are", arguments: policies)
    func comeTogether(_ policy: String) {
        let cache = Cache(maxMemory: 16 << 20, policy: EvictionPolicy(name: policy)!, seed: testSeed())
        let lifetime = LifetimeChange.set(Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 1_000_000)))
        var number = 0
        func put(upTo count: Int, where isWanted: (Int) -> Bool) {
            var written = 0
            while written < count {
                number += 1
                let key = Array("key-\(number)".utf8)
                if !isWanted(cache.shard(of: key)) { continue }
                #expect(cache.put(key, [UInt8](repeating: 1, count: 1000), lifetime: lifetime).outcome == .created)
                written += 1060
                if number % 64 == 0 { cache.maintain() }
            }
        }
        put(upTo: 16 << 20) { $0 > 1 }
        let apart = cache.shares
        #expect(apart[0...1].allSatisfy { $0 < 1 << 20 }, "\(apart)")
        put(upTo: 24 << 20) { _ in true }
        let shares = cache.shares
        let mean = shares.reduce(0, +) / shares.count
        #expect(shares.min()! > mean / 5 * 4, "\(shares), seed \(testSeed())")
        cache.engine.checkInvariants()
    }

    @Test("one that has little is given room though all that the others have was used", arguments: policies)
    func usedEverywhereElse(_ policy: String) {
        let cache = Cache(shards: 2, maxMemory: 16 << 20, policy: EvictionPolicy(name: policy)!, seed: 1)
        let lifetime = LifetimeChange.set(Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 1_000_000)))
        let names = (0..<40_000).lazy.map { Array("key-\($0)".utf8) }
        for name in names.filter({ cache.shard(of: $0) == 0 }).prefix(14_000) {
            #expect(cache.put(name, [UInt8](repeating: 1, count: 1000), lifetime: lifetime).outcome == .created)
            #expect(cache.get(name, wantsValue: false).outcome == .hit)
        }
        cache.maintain()
        for name in names.filter({ cache.shard(of: $0) == 1 }).prefix(10_000) {
            let answer = cache.put(name, [UInt8](repeating: 1, count: 1000), lifetime: lifetime)
            #expect(answer.outcome == .created)
            if answer.outcome != .created { break }
        }
    }

    @Test("groups that write where there is little find room, though each shard lacks what the others would make")
    func groups() {
        let cache = Cache(maxMemory: 16 << 20, policy: EvictionPolicy(name: "lru")!, seed: 1)
        let names = (0..<400_000).lazy.map { "key-\($0)" }
        let full = names.filter { cache.shard(of: Array($0.utf8)) > 1 }
        for name in full.prefix(40_000) { cache.put(name, String(repeating: "x", count: 500)) }
        cache.maintain()
        #expect(cache.shares[0...1].allSatisfy { $0 < 1 << 20 } && cache.statistics.evictions > 0)
        let poor = [0, 1].map { number in names.filter { cache.shard(of: Array($0.utf8)) == number } }
        for (first, second) in zip(poor[0], poor[1]).prefix(100) {
            var group = GroupTests.Builder()
            group.put(first, String(repeating: "y", count: 5000))
            group.put(second, String(repeating: "y", count: 5000))
            #expect(group.run(on: cache).outcome == .groupDone)
        }
        cache.engine.checkInvariants()
    }
}

extension Cache {
    fileprivate func shard(of key: [UInt8]) -> Int {
        engine.shardNumber(engine.hasher.hash(RawBytes(key.span)))
    }

    /// Bytes that each shard has for entries that may leave.
    fileprivate var shares: [Int] {
        (0..<engine.shardCount).map { number in engine.locked(engine.shards[number]) { $0.share } }
    }
}
