import Bytes
import CacheModel
import Synchronization
import TestDepth
import Testing

@testable import CacheEngine

extension LimitSettings {
    static func of(_ algorithm: LimitAlgorithm, quota: Int64, window: Int64 = 60_000, burst: Int64? = nil)
        -> LimitSettings
    {
        var settings = LimitSettings()
        settings.rule.algorithm = algorithm
        settings.rule.quota = quota
        settings.rule.burst = burst ?? quota
        settings.rule.window = algorithm == .calendar || algorithm == .concurrency ? 0 : window
        settings.rule.period = .minute
        return settings
    }
}

extension Cache {
    func policy(_ name: String, _ settings: LimitSettings) {
        let name = Array(name.utf8)
        var reply = Reply()
        let command = LimitPolicyCommand(name: name.span, action: .put(settings))
        _ = engine.execute(.limitPolicy(command), at: now, ticket: nextTicket(), reply: &reply)
    }

    func ask(_ items: [(String, String, Int64)], _ change: (inout LimitCheck) -> Void = { _ in }) -> [LimitVerdict] {
        var bytes: [UInt8] = []
        var list: [LimitItem] = []
        for (policy, id, cost) in items {
            var item = LimitItem(
                policy: ByteSlice(start: bytes.count, count: policy.utf8.count),
                id: ByteSlice(start: bytes.count + policy.utf8.count, count: id.utf8.count))
            item.cost = cost
            bytes += Array((policy + id).utf8)
            list.append(item)
        }
        var reply = Reply()
        var check = LimitCheck(items: list.span, bytes: bytes.span, zones: ZoneSet())
        check.nonce = UInt64.random(in: 1 ... .max)
        change(&check)
        _ = engine.execute(.limitCheck(check), at: now, ticket: nextTicket(), reply: &reply)
        return reply.limits.verdicts
    }

    func ask(_ policy: String, _ id: String, cost: Int64 = 1) -> LimitVerdict {
        ask([(policy, id, cost)]).first ?? LimitVerdict()
    }

    @discardableResult
    func limit(_ policy: String, _ id: String, _ action: LimitAction) -> LimitVerdict {
        let bytes = Array((policy + id).utf8)
        let item = LimitItem(
            policy: ByteSlice(start: 0, count: policy.utf8.count),
            id: ByteSlice(start: policy.utf8.count, count: id.utf8.count))
        var reply = Reply()
        let command = LimitChange(item: item, bytes: bytes.span, action: action, zones: ZoneSet())
        _ = engine.execute(.limitChange(command), at: now, ticket: nextTicket(), reply: &reply)
        return reply.limits.verdicts.first ?? LimitVerdict()
    }
}

@Suite struct RateLimitTests {
    @Test("no algorithm ever grants more than its quota in any window", arguments: LimitAlgorithm.allCases)
    func model(_ algorithm: LimitAlgorithm) {
        let seed = testSeed()
        print("\(algorithm): seed \(seed)")
        var random = SplitMix64(seed: seed)
        let recorder = Recorder()
        let cache = Cache(seed: seed, reader: recorder)
        let quota: Int64 = 20
        cache.policy("p", .of(algorithm, quota: quota, window: 10_000, burst: 7))
        var grants: [(at: Int64, cost: Int64)] = []
        for step in 0..<4000 {
            let cost = Int64(random.next() % 4)
            let before = cache.limit("p", "id", .read)
            let verdict = cache.ask("p", "id", cost: cost)
            #expect(verdict.isAllowed == (cost <= before.remaining), "step \(step), seed \(seed)")
            if verdict.isAllowed, cost > 0 { grants.append((cache.now.milliseconds, cost)) }
            if !verdict.isAllowed, algorithm != .concurrency, random.next() % 4 == 0 {
                // Told when to come back, the caller is let in then, and not a millisecond earlier.
                cache.pass(verdict.retryAfter - 1)
                #expect(!cache.ask([("p", "id", cost)], { $0.isDry = true })[0].isAllowed, "seed \(seed)")
                cache.pass(1)
                #expect(cache.ask([("p", "id", cost)], { $0.isDry = true })[0].isAllowed, "seed \(seed)")
            }
            cache.pass(Int64(random.next() % 700))
        }
        check(grants, algorithm, quota: quota, seed)
        let second = Cache(seed: seed)
        second.engine.replay(recorder.all)
        second.now = cache.now
        #expect(second.limit("p", "id", .read).remaining == cache.limit("p", "id", .read).remaining)
        cache.engine.checkInvariants()
    }

    private func check(
        _ grants: [(at: Int64, cost: Int64)], _ algorithm: LimitAlgorithm, quota: Int64, _ seed: UInt64
    ) {
        func most(within length: Int64, aligned: Bool) -> Int64 {
            var most: Int64 = 0
            for first in grants {
                let start = aligned ? first.at / length * length : first.at
                let sum = grants.filter { $0.at >= start && $0.at < start + length }.reduce(0) { $0 + $1.cost }
                most = max(most, sum)
            }
            return most
        }
        switch algorithm {
        case .gcra: #expect(most(within: 10_000, aligned: false) <= quota + 7, "seed \(seed)")
        case .log: #expect(most(within: 10_000, aligned: false) <= quota, "seed \(seed)")
        case .fixed, .sliding: #expect(most(within: 10_000, aligned: true) <= quota, "seed \(seed)")
        case .calendar: #expect(most(within: 60_000, aligned: true) <= quota, "seed \(seed)")
        case .concurrency: #expect(most(within: 60_000, aligned: false) <= quota, "seed \(seed)")
        }
    }

    @Test("many threads at one id are granted exactly the quota", arguments: LimitAlgorithm.allCases)
    func threads(_ algorithm: LimitAlgorithm) async {
        for run in 0..<10 {
            let cache = Cache(shards: 4)
            cache.policy("p", .of(algorithm, quota: 50))
            let engine = cache.engine
            let now = cache.now
            let granted = await withTaskGroup(of: Int.self) { group in
                for thread in 0..<8 {
                    group.addTask { Self.hammer(engine, now, thread: thread) }
                }
                return await group.reduce(0, +)
            }
            #expect(granted == 50, "run \(run)")
        }
    }

    private static func hammer(_ engine: EmbeddedEngine, _ now: Instant, thread: Int) -> Int {
        let bytes = Array("pid".utf8)
        let items = [LimitItem(policy: ByteSlice(start: 0, count: 1), id: ByteSlice(start: 1, count: 2))]
        var reply = Reply()
        var granted = 0
        for number in 0..<20 {
            var check = LimitCheck(items: items.span, bytes: bytes.span, zones: ZoneSet())
            check.nonce = UInt64(thread * 100 + number + 1)
            _ = engine.execute(
                .limitCheck(check), at: now, ticket: Ticket(loop: 0, connection: 0, generation: 0), reply: &reply)
            if reply.limits.verdicts[0].isAllowed { granted += 1 }
        }
        return granted
    }

    @Test("a check of several policies takes from all or from none")
    func several() {
        let cache = Cache()
        cache.policy("a", .of(.gcra, quota: 10))
        cache.policy("b", .of(.fixed, quota: 2))
        #expect(cache.ask([("a", "x", 1), ("b", "y", 2)]).map(\.isAllowed) == [true, true])
        #expect(cache.ask([("a", "x", 1), ("b", "y", 1)]).map(\.isAllowed) == [true, false])
        #expect(cache.limit("a", "x", .read).remaining == 9)
    }

    @Test("a reservation is settled once, at its true cost, and goes back when nobody settles it")
    func reservations() {
        for algorithm in LimitAlgorithm.allCases where algorithm != .concurrency {
            let cache = Cache()
            cache.policy("p", .of(algorithm, quota: 100, window: 3_600_000))
            _ = cache.ask([("p", "id", 40)], { ($0.reserve, $0.nonce) = (5000, 7) })
            #expect(cache.limit("p", "id", .read).remaining == 60, "\(algorithm)")
            #expect(cache.limit("p", "id", .settle(nonce: 7, cost: 10)).remaining == 90, "\(algorithm)")
            #expect(cache.limit("p", "id", .settle(nonce: 7, cost: 10)).answer == .gone)
            _ = cache.ask([("p", "id", 40)], { ($0.reserve, $0.nonce) = (1000, 8) })
            cache.pass(1000)
            #expect(cache.limit("p", "id", .read).remaining >= 90, "\(algorithm)")
            #expect(cache.limit("p", "id", .settle(nonce: 8, cost: 1)).answer == .gone)
        }
    }

    @Test("a lease frees its slot when it is released and when it ends")
    func leases() {
        let cache = Cache()
        cache.policy("p", .of(.concurrency, quota: 2))
        let first = cache.ask("p", "id").lease ?? 0
        let second = cache.ask("p", "id").lease ?? 0
        #expect(!cache.ask("p", "id").isAllowed)
        #expect(cache.limit("p", "id", .release(lease: first)).isAllowed)
        #expect(cache.limit("p", "id", .release(lease: first)).answer == .gone)
        #expect(cache.ask("p", "id").isAllowed)
        cache.pass(50_000)
        #expect(cache.limit("p", "id", .renew(lease: second, milliseconds: 0)).isAllowed)
        cache.pass(20_000)
        #expect(cache.limit("p", "id", .read).remaining == 1)
    }

    @Test("blocks, overrides and patterns decide before the policy does")
    func overrides() {
        let cache = Cache()
        cache.policy("p", .of(.gcra, quota: 5))
        cache.limit("p", "x", .block(1000))
        #expect(cache.ask("p", "x").answer == .blocked)
        cache.pass(1000)
        #expect(cache.ask("p", "x").remaining == 4)
        cache.limit("p", "x", .override(LimitOverride(quota: 50, burst: 50, expiresAt: .never)))
        #expect(cache.limit("p", "x", .read).remaining == 49)
        let name = Array("p".utf8)
        var reply = Reply()
        for (pattern, quota) in [("vip*", Int64(8)), ("vip-gold-*", 9)] {
            let override = LimitOverride(quota: quota, burst: quota, expiresAt: .never)
            let command = LimitPolicyCommand(name: name.span, action: .glob(Array(pattern.utf8), override))
            _ = cache.engine.execute(.limitPolicy(command), at: cache.now, ticket: cache.nextTicket(), reply: &reply)
        }
        #expect(cache.ask("p", "vip-gold-1").remaining == 8)
        #expect(cache.ask("p", "vip-2").remaining == 7)
        #expect(cache.ask("p", "other").remaining == 4)
    }

    @Test("what was used stays used when the policy changes, up to the new quota")
    func changes() {
        for (before, after) in [(LimitAlgorithm.gcra, LimitAlgorithm.gcra), (.fixed, .gcra), (.gcra, .log)] {
            let cache = Cache()
            cache.policy("p", .of(before, quota: 100, window: 3_600_000))
            _ = cache.ask("p", "id", cost: 60)
            cache.policy("p", .of(after, quota: 200, window: 3_600_000))
            #expect(cache.limit("p", "id", .read).remaining == 140, "\(before) to \(after)")
            cache.policy("p", .of(after, quota: 50, window: 3_600_000))
            #expect(cache.limit("p", "id", .read).remaining == 0, "\(before) to \(after)")
        }
    }

    @Test("a shadow says what it would have done and lets everybody in; a cost it could never grant is told apart")
    func shadow() {
        let cache = Cache()
        var settings = LimitSettings.of(.gcra, quota: 1)
        settings.rule.isShadow = true
        cache.policy("p", settings)
        #expect(!cache.ask("p", "id").wouldDeny)
        let verdict = cache.ask("p", "id")
        #expect(verdict.isAllowed && verdict.wouldDeny)
        #expect(cache.ask("p", "id", cost: 2).answer == .neverGrantable)
        #expect(cache.ask("q", "id").answer == .unknownPolicy)
    }

    @Test("an id of a gcra policy costs at most 64 bytes beside its name")
    func memory() {
        let cache = Cache(shards: 4)
        cache.policy("api", .of(.gcra, quota: 100))
        let before = cache.statistics.memoryUsed
        let ids = 200_000
        for number in 0..<ids { _ = cache.ask("api", "user-\(1_000_000 + number)") }
        let each = Double(cache.statistics.memoryUsed - before) / Double(ids) - 12
        print("gcra: \(each) bytes an id beside its name")
        #expect(each <= 64)
    }
}
