import Bytes
import CacheEngine
import CacheModel
import TestDepth
import Testing

/// Long random runs against the model, from a printed seed.
@Suite("The model")
struct ModelTests {
    struct Setup: CustomStringConvertible, Sendable {
        var seed: UInt64
        var policy: String = "s3-fifo"
        var maxMemory = 0
        var keys = 300
        var largest = 300
        var steps = 20_000
        var ordered = false

        var description: String { "\(policy) \(maxMemory) bytes, \(keys) keys, values to \(largest), seed \(seed)" }
    }

    /// One for each kind of cache, with a seed that is always the same.
    private static let known = [
        Setup(seed: 1), Setup(seed: 2, keys: 5), Setup(seed: 3, keys: 20_000, largest: 40),
        Setup(seed: 4, largest: 5000, ordered: true),
        Setup(seed: 5, maxMemory: 640 << 10, keys: 20_000, largest: 400, steps: 40_000),
        Setup(seed: 6, maxMemory: 1 << 20, keys: 2000, largest: 9000, ordered: true),
        Setup(seed: 7, policy: "lru", maxMemory: 640 << 10, keys: 20_000, largest: 400, steps: 40_000),
        Setup(seed: 8, policy: "lfu", maxMemory: 640 << 10, keys: 20_000, largest: 400, steps: 40_000),
        Setup(seed: 9, policy: "ttl", maxMemory: 640 << 10, keys: 20_000, largest: 400, steps: 40_000),
        Setup(seed: 10, policy: "random", maxMemory: 640 << 10, keys: 20_000, largest: 400, steps: 40_000),
        Setup(seed: 11, policy: "volatile-lru", maxMemory: 640 << 10, keys: 20_000, largest: 400, steps: 40_000),
        Setup(
            seed: 12, policy: "volatile-s3-fifo", maxMemory: 640 << 10, keys: 20_000, largest: 400, steps: 40_000),
        Setup(seed: 13, policy: "none", maxMemory: 640 << 10, keys: 20_000, largest: 400, steps: 40_000),
    ]

    /// For each change the known seeds, each night and before a release others beside them.
    private static var setups: [Setup] {
        let rounds = namedSeed == nil ? repetitions(1, nightly: 5, release: 25) : 1
        return (0..<rounds).flatMap { round in
            known.map { setup in
                var setup = setup
                if round > 0 || namedSeed != nil { setup.seed = testSeed(round) }
                setup.steps *= repetitions(1, nightly: 4, release: 4)
                return setup
            }
        }
    }

    @Test(
        "random operations answer as the model does, and their records rebuild the same cache",
        arguments: setups)
    func run(_ setup: Setup) {
        var run = ModelRun(setup)
        for step in 0..<setup.steps {
            guard run.step() else {
                Issue.record("step \(step) of \(setup): \(run.failure)")
                return
            }
            if step % 5000 == 4999 { run.cache.engine.checkInvariants() }
        }
        #expect(run.compareAll() == "", "\(setup)")
        let statistics = run.cache.statistics
        #expect((statistics.evictions > 0) == (setup.maxMemory > 0 && setup.policy != "none"))
        #expect(setup.maxMemory == 0 || statistics.memoryUsed <= setup.maxMemory)
        #expect(statistics.expirations > 0)
        #expect(run.compareRebuilt() == "", "\(setup)")
    }
}

struct ModelRun {
    let setup: ModelTests.Setup
    let recorder = Recorder()
    let cache: Cache
    var model = Model()
    var random: SplitMix64
    var failure = ""
    /// Why memory was full is the engine's to know; nothing may have changed then.
    private var seen = 0

    init(_ setup: ModelTests.Setup) {
        self.setup = setup
        random = SplitMix64(seed: setup.seed)
        cache = Cache(
            shards: 2, maxMemory: setup.maxMemory, policy: EvictionPolicy(name: setup.policy)!,
            orderedKeys: setup.ordered, seed: setup.seed, reader: recorder)
        model.now = cache.now.milliseconds
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    private mutating func chance(_ percent: Int) -> Bool { below(100) < percent }

    private mutating func someKey() -> String {
        // Few keys often, many seldom.
        let bound = chance(50) ? max(1, setup.keys / 20) : setup.keys
        return "key:\(below(bound))"
    }

    private mutating func someBytes(_ largest: Int) -> [UInt8] {
        let length = chance(10) ? below(largest * 3 + 1) : below(largest + 1)
        let byte = UInt8(truncatingIfNeeded: random.next())
        return [UInt8](repeating: byte, count: length)
    }

    private mutating func someLifetime() -> Lifetime {
        var lifetime = Lifetime()
        if chance(50) { lifetime.expiresAt = cache.now.advanced(byMilliseconds: Int64(1 + below(60_000))) }
        if chance(20) { lifetime.idle = Int64(1 + below(30_000)) }
        if chance(15) { lifetime.staleWhileRevalidate = Int64(below(20_000)) }
        if chance(15) { lifetime.staleIfError = Int64(below(20_000)) }
        return lifetime
    }

    private mutating func someConditions(_ key: String) -> Conditions {
        var conditions = Conditions()
        guard chance(25) else { return conditions }
        let current = model.entries[key]?.position ?? .none
        let other = Position(epoch: 3, number: UInt64(below(1000)))
        switch below(7) {
        case 0: conditions.ifMatch = .any
        case 1: conditions.ifMatch = .of([other, current])
        case 2: conditions.ifMatch = .of([other])
        case 3: conditions.ifNoneMatch = .any
        case 4: conditions.ifNoneMatch = .of([current])
        case 5: conditions.ifUnmodifiedSince = cache.now.seconds - Int64(below(30))
        default:
            conditions.ifMatch = .of([current])
            conditions.ifNoneMatch = .of([other])
            conditions.ifUnmodifiedSince = 0
        }
        return conditions
    }

    private mutating func someVersion() -> CallerVersion? {
        chance(15) ? CallerVersion(value: UInt64(below(20)), onlyIfNewer: chance(60)) : nil
    }

    /// One operation on both; false when they differ.
    mutating func step() -> Bool {
        if chance(20) {
            cache.pass(Int64(below(chance(5) ? 20_000 : 200)))
            model.now = cache.now.milliseconds
        }
        if chance(5) {
            cache.maintain()
            return learn() == 0 ? true : fail("maintain made records of its own")
        }
        let key = someKey()
        switch below(100) {
        case 0..<35: return read(key)
        case 35..<70: return put(key)
        case 70..<78: return delete(key)
        case 78..<86: return extend(key)
        case 86..<89: return truncate(key)
        default: return touch(key)
        }
    }

    private mutating func fail(_ text: String) -> Bool {
        failure = text
        return false
    }

    // MARK: Operations

    private mutating func read(_ key: String) -> Bool {
        let (slides, acceptsStale) = (chance(70), chance(80))
        let answer = cache.get(key, slides: slides, acceptsStale: acceptsStale)
        let own = learn()
        return compare(key, answer, model.read(key, slides: slides, acceptsStale: acceptsStale), own)
    }

    private mutating func put(_ key: String) -> Bool {
        let (value, fields) = (someBytes(setup.largest), chance(20) ? [UInt8](repeating: 1, count: below(30)) : [])
        let lifetime: LifetimeChange = chance(20) ? .keep : .set(chance(50) ? .unlimited : someLifetime())
        let (version, conditions, wantsPrevious) = (someVersion(), someConditions(key), chance(20))
        let answer = cache.put(
            Array(key.utf8), value, fields: fields, lifetime: lifetime, version: version, if: conditions,
            wantsPrevious: wantsPrevious)
        let own = learn()
        if answer.outcome == .memoryFull { return isAllowedFull(own) }
        let expected = model.put(
            key, value, fields, lifetime, version, conditions, wantsPrevious: wantsPrevious,
            position: answer.written)
        return compare(key, answer, expected, own)
    }

    private mutating func delete(_ key: String) -> Bool {
        let (version, conditions) = (someVersion(), someConditions(key))
        let answer = cache.delete(key, version: version, if: conditions)
        let own = learn(deleting: key)
        return compare(key, answer, model.delete(key, version, conditions), own)
    }

    private mutating func extend(_ key: String) -> Bool {
        let (bytes, end) = (someBytes(50), chance(50) ? ExtendEnd.back : .front)
        let maximum = chance(20) ? below(setup.largest) : Int.max
        let conditions = someConditions(key)
        let answer = cache.extend(
            key, String(decoding: bytes.map { $0 & 0x7F }, as: UTF8.self), at: end, maximum: maximum, if: conditions)
        let own = learn()
        if answer.outcome == .memoryFull { return isAllowedFull(own) }
        let expected = model.extend(
            key, bytes.map { $0 & 0x7F }, end, maximum: maximum, [], conditions, position: answer.written)
        return compare(key, answer, expected, own)
    }

    private mutating func truncate(_ key: String) -> Bool {
        let (length, conditions) = (below(setup.largest), someConditions(key))
        let answer = cache.truncate(key, to: length, if: conditions)
        let own = learn()
        if answer.outcome == .memoryFull { return isAllowedFull(own) }
        return compare(
            key, answer, model.truncate(key, to: length, conditions, position: answer.written), own)
    }

    private mutating func touch(_ key: String) -> Bool {
        let change: TouchChange = chance(30) ? .slide : chance(30) ? .stale : .lifetime(someLifetime())
        let (conditions, wantsValue) = (someConditions(key), chance(30))
        let answer = cache.touch(key, change, if: conditions, wantsValue: wantsValue)
        let own = learn()
        if answer.outcome == .memoryFull { return isAllowedFull(own) }
        var expected = model.touch(key, change, conditions)
        if !wantsValue { expected.value = nil }
        return compare(key, answer, expected, own)
    }

    // MARK: Comparing

    private mutating func isAllowedFull(_ own: Int) -> Bool {
        if setup.maxMemory == 0 { return fail("memory is full without a limit") }
        return own == 0 ? true : fail("memory is full, but something changed")
    }

    /// Takes in what left by itself; returns how many records are the operation's own.
    private mutating func learn(deleting: String? = nil) -> Int {
        var own = 0
        for record in recorder.records(from: seen) {
            seen += 1
            let key = String(decoding: record.key, as: UTF8.self)
            guard case .delete(let reason, let at, _, _) = record.change, reason != .deleted,
                !(reason == .expired && key == deleting && model.entries[key].map { model.now < $0.removal } ?? false)
            else {
                own += 1
                continue
            }
            if reason == .expired, let entry = model.entries[key], model.now < entry.removal {
                _ = fail("\(key) expired before its end")
                return -1
            }
            model.learn(key: key, reason: reason, at: at)
        }
        return own
    }

    private mutating func compare(_ key: String, _ answer: Answer, _ expected: Model.Expected, _ own: Int) -> Bool {
        var outcome = answer.outcome
        // What fell off the ring is unknown; then nothing can be said to have never been.
        if case .miss(.unknown) = outcome, case .miss = expected.outcome { outcome = expected.outcome }
        if outcome != expected.outcome { return fail("\(key): \(answer.outcome), expected \(expected.outcome)") }
        if case .miss(.unknown) = answer.outcome {
        } else if let at = expected.missedAt, at / 1000 != answer.missedAt.map({ $0.milliseconds / 1000 }) {
            return fail("\(key) missed at \(String(describing: answer.missedAt)), expected \(at)")
        }
        if let entry = expected.entry, entry != answer.entry {
            return fail("\(key): \(answer.entry), expected \(entry)")
        }
        if let value = expected.value, value != answer.value { return fail("\(key): another value") }
        return own == expected.records ? true : fail("\(key): \(own) records, expected \(expected.records)")
    }

    /// Every key of the model is there as it should be, and no other.
    mutating func compareAll() -> String {
        _ = learn()
        for key in Set(model.entries.keys).union(model.departed.keys) {
            let answer = cache.get(key, slides: false)
            _ = learn()
            if !compare(key, answer, model.read(key, slides: false, acceptsStale: true), 0) { return failure }
        }
        let held = cache.statistics.entries
        return held == UInt64(model.entries.count) ? "" : "\(held) entries, expected \(model.entries.count)"
    }

    /// The records, applied twice over, make an engine that answers alike.
    mutating func compareRebuilt() -> String {
        let other = Cache(shards: 4, orderedKeys: setup.ordered, seed: setup.seed &+ 99, secret: setup.seed)
        other.now = cache.now
        let records = recorder.all
        other.engine.replay(records)
        other.engine.replay(records.suffix(1000))
        other.engine.checkInvariants()
        let digests = [cache.engine.digest, recorder.digest, other.engine.digest]
        if Set(digests).count > 1 { return "digests of the cache, its records and the rebuilt one: \(digests)" }
        for key in model.entries.keys {
            let (mine, theirs) = (cache.get(key, slides: false), other.get(key, slides: false))
            var info = mine.entry
            // A slide is logged after a tenth of the idle time: so much earlier the rebuilt entry may end.
            if info.idle > 0, info.freshUntil.since(theirs.entry.freshUntil) <= info.idle / 10 {
                info.freshUntil = theirs.entry.freshUntil
            }
            if theirs.isMiss, mine.entry.idle > 0 { continue }
            if mine.outcome != theirs.outcome || info != theirs.entry || mine.value != theirs.value
                || mine.fields != theirs.fields
            {
                return "\(key): rebuilt as \(theirs), was \(mine)"
            }
        }
        let (mine, theirs) = (cache.statistics, other.statistics)
        return theirs.position == mine.position ? "" : "positions end at \(theirs.position), not \(mine.position)"
    }
}
