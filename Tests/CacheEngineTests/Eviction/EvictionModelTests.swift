import Bytes
import CacheEngine
import CacheModel
import TestDepth
import Testing

/// Long random runs at the memory limit against a dictionary that learns from the records who left.
@Suite("Eviction against a model")
struct EvictionModelTests {
    private static let operations = repetitions(10_000, nightly: 1_000_000, release: 1_000_000)

    @Test(
        "what is there is right, only those leave that may, memory keeps to its limit, and replay gives the same set",
        arguments: EvictionPolicy.allNames)
    func follows(_ name: String) {
        let run = EvictionRun(EvictionPolicy(name: name)!)
        guard run.steps(Self.operations) else {
            Issue.record("\(run.failure)")
            return
        }
        let context: Comment = "\(name), seed \(run.seed)"
        #expect((run.cache.statistics.evictions > Self.operations / 20) == (name != "none"), context)
        #expect((run.refusals > 0) == (name == "none"), context)
        #expect(run.compareAll() == "", context)
        #expect(run.compareReplayed() == "", context)
    }

    @Test(
        "when only entries are left that must be spared, writes are refused, reads go on, and deletes make room",
        arguments: EvictionPolicy.allNames.filter { $0.hasPrefix("volatile-") || $0 == "none" })
    func full(_ name: String) {
        let run = EvictionRun(EvictionPolicy(name: name)!)
        #expect(run.steps(2000), "\(run.failure)")
        let context: Comment = "\(name), seed \(run.seed)"
        #expect(run.fillWithLasting() == "", context)
        #expect(run.victimsLeft == 0 || name == "none", context)
        #expect(run.compareAll() == "", context)
        #expect(run.freeAndFill() == "", context)
        #expect(run.compareAll() == "", context)
        #expect(run.compareReplayed() == "", context)
    }

    @Test(
        "those leave that end soonest under ttl, that were unused for longest under lru, and anybody under random",
        arguments: ["ttl", "lru", "volatile-ttl", "volatile-lru", "random", "volatile-random"])
    func whoLeaves(_ name: String) throws {
        let policy = EvictionPolicy(name: name)!
        let run = EvictionRun(policy, ranksVictims: true)
        try #require(run.steps(Self.operations / repetitions(2, nightly: 4, release: 4)), "\(run.failure)")
        try #require(run.ranks.count > 100)
        let mean = run.ranks.reduce(0, +) / Double(run.ranks.count)
        let context: Comment = "\(name), \(run.ranks.count) ranked, mean \(mean), seed \(run.seed)"
        if policy.order == .random {
            #expect(abs(mean - 0.5) < 0.1, context)
        } else {
            // One in eight leaves, by the judgement of 64: those are the first eighth, and the next by mistake.
            #expect(mean < 0.125, context)
            #expect(run.ranks.max()! < 0.5, context)
        }
    }
}
