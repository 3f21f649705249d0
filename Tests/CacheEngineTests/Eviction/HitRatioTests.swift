import CacheEngine
import CacheModel
import TestDepth
import Testing

/// How near the policies come to what they are named for.
///
/// A policy here judges by samples and empties whole segments, so it may take others than the one entry that the exact
/// policy would. It is compared with an exact cache in front of which the same requests come, and which has room for as
/// many bytes as the engine's entries took on average: key, value, and 32 bytes for what an entry needs beside them
/// (its header and its place in the index). What else the limit pays for, segments that are not full and tables, is
/// the storage's affair and not the policy's.
///
/// Exact LFU never forgets while an entry stays, and where other keys become popular that is a bad cache; so it is
/// a measure only for keys that stay as popular as they are (docs/decisions/0010-engine-eviction.md).
@Suite("Hit ratios")
struct HitRatioTests {
    struct Load: Sendable, CustomStringConvertible {
        var policy: String
        var exact: ExactCache.Order
        var skew: Double
        var pattern = Requests.Pattern.stationary

        var description: String { "\(policy), skew \(skew), \(pattern)" }
    }

    @Test(
        "a policy done by samples hits as often as the exact one, or at most two requests in a hundred less",
        arguments: [
            Load(policy: "lru", exact: .lru, skew: 0.6), Load(policy: "lru", exact: .lru, skew: 0.9),
            Load(policy: "lru", exact: .lru, skew: 1.2),
            Load(policy: "lru", exact: .lru, skew: 0.8, pattern: .drifting(every: 50)),
            Load(policy: "lru", exact: .lru, skew: 0.8, pattern: .scanned),
            Load(policy: "lfu", exact: .lfu, skew: 0.6), Load(policy: "lfu", exact: .lfu, skew: 0.8),
            Load(policy: "lfu", exact: .lfu, skew: 1), Load(policy: "lfu", exact: .lfu, skew: 1.2),
            Load(policy: "random", exact: .random, skew: 0.6), Load(policy: "random", exact: .random, skew: 1),
        ])
    func nearlyExact(_ load: Load) {
        let run = HitRatioRun(load)
        let (ratio, held) = run.ofEngine()
        let exact = run.ofExactCache(capacity: held)
        #expect(ratio < 99, "\(load): everything fits, so nothing is measured")
        #expect(ratio >= exact - 2, "\(load): \(ratio) %, exact \(exact) % in \(held) bytes; seed \(run.seed)")
    }

    @Test("where popularity never changes, counting uses hits more often than looking at the last one")
    func countingPays() {
        for skew in [0.6, 0.8, 1] {
            let lru = HitRatioRun(Load(policy: "lru", exact: .lru, skew: skew)).ofEngine().ratio
            let run = HitRatioRun(Load(policy: "lfu", exact: .lfu, skew: skew))
            let lfu = run.ofEngine().ratio
            #expect(lfu > lru + 1, "skew \(skew): lfu \(lfu) %, lru \(lru) %; seed \(run.seed)")
        }
    }
}

/// The same requests for an engine and for an exact cache.
struct HitRatioRun {
    let load: HitRatioTests.Load
    let seed = testSeed()
    private let limit = repetitions(512 << 10, nightly: 4 << 20, release: 16 << 20)
    private let counted = repetitions(10_000, nightly: 1_000_000, release: 1_000_000)
    /// As many as fill the cache: four requests for each entry it can hold.
    private var uncounted: Int { limit / Self.entryBytes * 4 }
    /// A fifth of the keys fit.
    private var keys: Int { limit / Self.entryBytes * 5 }

    private static let meanValueBytes = 150
    private static let overhead = 32
    private static let entryBytes = meanValueBytes + overhead + 10

    init(_ load: HitRatioTests.Load) { self.load = load }

    private var requests: Requests { Requests(keys: keys, skew: load.skew, load.pattern, seed: seed) }

    private func name(_ key: Int) -> [UInt8] { Array("key:\(key)".utf8) }

    private func valueBytes(_ key: Int) -> Int { Requests.valueBytes(of: key, mean: Double(Self.meanValueBytes)) }

    /// Hits in a hundred requests, and the bytes that entries took on average.
    func ofEngine() -> (ratio: Double, held: Int) {
        let cache = Cache(maxMemory: limit, policy: EvictionPolicy(name: load.policy)!, seed: seed)
        var requests = requests
        var (hits, held, looks) = (0, 0, 0)
        for number in 0..<uncounted + counted {
            let key = requests.next()
            let name = name(key)
            if cache.get(name, wantsValue: false).outcome == .hit {
                if number >= uncounted { hits += 1 }
            } else {
                cache.put(name, [UInt8](repeating: 1, count: valueBytes(key)))
            }
            guard number >= uncounted, number % 16 == 0 else { continue }
            let statistics = cache.statistics
            held += Int(statistics.payload) + Self.overhead * Int(statistics.entries)
            looks += 1
        }
        return (Double(hits) * 100 / Double(counted), held / looks)
    }

    func ofExactCache(capacity: Int) -> Double {
        var requests = requests
        var exact = ExactCache(load.exact, capacity: capacity, keys: requests.bound, seed: seed)
        var hits = 0
        for number in 0..<uncounted + counted {
            let key = requests.next()
            let isHit = exact.request(key, bytes: name(key).count + valueBytes(key) + Self.overhead)
            if isHit, number >= uncounted { hits += 1 }
        }
        return Double(hits) * 100 / Double(counted)
    }
}
