import Bytes
import CacheModel
import TestDepth

@testable import CacheEngine

/// Random operations on an engine that is always at its memory limit, the same on a dictionary, and every record
/// applied to a second engine of the same limit.
final class EvictionRun {
    struct Held {
        var value: [UInt8]
        var position: Position
        /// Milliseconds, `Int64.max` for no end.
        var end: Int64
        var lastUse: Int
    }

    let policy: EvictionPolicy
    let seed = testSeed()
    let cache: Cache
    private let copy: Cache
    private let follower: Follower
    private var held: [Int: Held] = [:]
    private var random: SplitMix64
    private var requests: Requests
    private let limit: Int
    private let keys: Int
    private var clock = 0
    private(set) var failure = ""
    private(set) var refusals = 0
    /// The share of those that could have left which should have left sooner, for some of those that did.
    private(set) var ranks: [Double] = []
    private let ranksVictims: Bool
    private var departed = 0

    private static let meanValueBytes = 300
    private static let largestValue = repetitions(30_000, nightly: 256 << 10, release: 256 << 10)

    init(_ policy: EvictionPolicy, ranksVictims: Bool = false) {
        self.policy = policy
        self.ranksVictims = ranksVictims
        limit = repetitions(640 << 10, nightly: 8 << 20, release: 16 << 20)
        keys = limit / 100
        copy = Cache(shards: 8, maxMemory: limit, policy: policy, seed: seed &+ 1, secret: seed)
        follower = Follower(copy.engine)
        cache = Cache(maxMemory: limit, policy: policy, seed: seed, reader: follower)
        random = SplitMix64(seed: seed)
        requests = Requests(keys: keys, skew: 0.8, seed: seed)
    }

    private func below(_ bound: Int) -> Int { Int(random.next() % UInt64(bound)) }

    private func name(_ key: Int) -> [UInt8] { Array("\(key)".utf8) }

    /// Every fifth key may last, so that those never fill the memory.
    private func mayLast(_ key: Int) -> Bool { key % 5 == 0 }

    // MARK: Operations

    /// Many operations on all; false when they differ.
    func steps(_ count: Int) -> Bool {
        for number in 0..<count {
            if number & 0xFFFF == 8191 { cache.engine.checkInvariants() }
            guard step() else {
                failure = "operation \(number) under \(policy.name): \(failure); seed \(seed)"
                return false
            }
        }
        return true
    }

    private func step() -> Bool {
        clock += 1
        cache.pass(1)
        if clock % 64 == 0 { cache.maintain() }
        let key = requests.next()
        switch below(20) {
        case 0..<11: return read(key) && (held[key] != nil || put(key))
        case 11..<17: return put(key)
        case 17: return touch(key)
        default: return delete(key)
        }
    }

    private func someEnd(_ key: Int) -> Int64 {
        mayLast(key) && below(2) == 0 ? .max : cache.now.milliseconds + 100_000_000 + Int64(below(100_000_000))
    }

    private func read(_ key: Int) -> Bool {
        let answer = cache.get(name(key))
        guard learn() else { return false }
        guard isAsHeld(answer, key) else { return fail("key \(key) is \(answer), held \(held[key] as Any)") }
        held[key]?.lastUse = clock
        return true
    }

    private func isAsHeld(_ answer: Answer, _ key: Int) -> Bool {
        guard let held = held[key] else { return answer.isMiss }
        return answer.outcome == .hit && answer.value == held.value && answer.entry.position == held.position
            && answer.entry.expiresAt.milliseconds == held.end
    }

    private func someValue() -> [UInt8] {
        let isLarge = below(repetitions(100, nightly: 1000, release: 1000)) == 0
        let length =
            isLarge
            ? below(Self.largestValue) : Requests.valueBytes(of: below(1 << 30), mean: Double(Self.meanValueBytes))
        return [UInt8](repeating: UInt8(truncatingIfNeeded: random.next()), count: length)
    }

    private func put(_ key: Int) -> Bool { put(key, someValue(), someEnd(key)) }

    private func put(_ key: Int, _ value: [UInt8], _ end: Int64) -> Bool {
        let lifetime = Lifetime(expiresAt: Instant(milliseconds: end))
        let answer = cache.put(name(key), value, lifetime: .set(lifetime))
        guard learn() else { return false }
        if answer.outcome == .memoryFull { return refused(key) }
        guard answer.outcome == (held[key] == nil ? .created : .replaced) else { return fail("\(key): \(answer)") }
        held[key] = Held(value: value, position: answer.written, end: end, lastUse: clock)
        return true
    }

    /// Nothing may be refused while something may leave.
    private func refused(_ key: Int) -> Bool {
        refusals += 1
        return victimsLeft == 0 || fail("\(key) refused, though \(victimsLeft) could leave")
    }

    private func touch(_ key: Int) -> Bool {
        let end = someEnd(key)
        let change = TouchChange.lifetime(Lifetime(expiresAt: Instant(milliseconds: end)))
        let answer = cache.touch(String(key), change)
        guard learn() else { return false }
        if answer.outcome == .memoryFull { return refused(key) }
        guard held[key] != nil else { return answer.isMiss || fail("\(key): \(answer)") }
        held[key]?.end = end
        held[key]?.lastUse = clock
        return answer.outcome == .hit || fail("\(key): \(answer)")
    }

    private func delete(_ key: Int) -> Bool {
        let answer = cache.delete(String(key))
        let isMissing = held[key] == nil
        guard learn(deleting: key) else { return false }
        guard answer.isMiss == isMissing else { return fail("\(key) deleted: \(answer)") }
        return held[key] == nil || fail("\(key) was deleted without a record")
    }

    private func fail(_ text: String) -> Bool {
        failure = text
        return false
    }

    // MARK: Who left

    /// How many of the entries the policy lets leave.
    var victimsLeft: Int { policy.order == .none ? 0 : held.values.count { isVictim($0) } }

    private func isVictim(_ entry: Held) -> Bool { !policy.sparesUnlimited || entry.end != .max }

    /// Takes in what left; false when it may not have.
    private func learn(deleting: Int? = nil) -> Bool {
        // What is remembered of deleted keys may grow past a limit that nothing can leave for.
        let used = cache.statistics.memoryUsed
        guard used <= limit + Self.largestValue else { return fail("\(used) bytes used, the limit is \(limit)") }
        for departure in follower.takeDepartures() {
            guard let entry = held[departure.key] else { return fail("\(departure) was not there") }
            if departure.reason == .deleted, departure.key == deleting {
                held[departure.key] = nil
                continue
            }
            guard departure.reason == .evicted, policy.order != .none, isVictim(entry) else {
                return fail("\(departure) has no reason to leave")
            }
            rank(entry)
            held[departure.key] = nil
        }
        return true
    }

    private func rank(_ victim: Held) {
        departed += 1
        guard ranksVictims, departed % repetitions(4, nightly: 256, release: 256) == 0 else { return }
        let others = held.values.filter(isVictim)
        let sooner = others.count { policy.order == .ttl ? $0.end < victim.end : $0.lastUse < victim.lastUse }
        ranks.append(Double(sooner) / Double(others.count))
    }

    // MARK: Full memory

    /// Writes entries without a lifetime until one is refused.
    func fillWithLasting() -> String {
        var key = keys
        let refused = refusals
        while refusals == refused {
            guard key < keys * 2 else { return "nothing was ever refused" }
            key += 1
            guard put(key, [UInt8](repeating: 7, count: 1000), .max) else { return failure }
        }
        let before = (cache.statistics.entries, follower.count)
        for _ in 0..<100 {
            guard put(key, [UInt8](repeating: 7, count: 2000), .max) else { return failure }
        }
        guard refusals == refused + 101 else { return "a write is taken where a smaller one was refused" }
        return (cache.statistics.entries, follower.count) == before ? "" : "refused writes left something behind"
    }

    /// Deletes every third entry and writes half as many.
    func freeAndFill() -> String {
        let gone = held.keys.sorted().enumerated().filter { $0.offset % 3 == 0 }.map(\.element)
        for key in gone where !delete(key) { return failure }
        let before = refusals
        for key in gone.prefix(gone.count / 2) {
            guard put(key, [UInt8](repeating: 8, count: 300), .max) else { return failure }
        }
        return refusals == before ? "" : "deletes left no room"
    }

    // MARK: Comparing

    /// Every key held is there as it should be, no other is.
    func compareAll() -> String {
        for key in 0..<keys * 2 {
            let answer = cache.get(name(key), slides: false)
            guard isAsHeld(answer, key) else { return "key \(key) is \(answer), held \(held[key] as Any)" }
        }
        let entries = cache.statistics.entries
        return entries == UInt64(held.count) ? "" : "\(entries) entries, held \(held.count)"
    }

    /// The engine that was told of the records holds the same, and evicted nothing by itself.
    func compareReplayed() -> String {
        copy.now = cache.now
        copy.engine.checkInvariants()
        let (mine, theirs) = (cache.statistics, copy.statistics)
        if theirs.evictions > 0 { return "replay evicted \(theirs.evictions) by itself" }
        if theirs.entries != mine.entries || theirs.payload != mine.payload || theirs.position != mine.position {
            return "replayed to \(theirs), was \(mine)"
        }
        if copy.engine.digest != cache.engine.digest { return "replayed to another digest" }
        for key in held.keys.sorted() {
            let answer = copy.get(name(key), slides: false)
            guard isAsHeld(answer, key) else { return "key \(key) replayed as \(answer), held \(held[key] as Any)" }
        }
        return ""
    }
}

/// Applies every record to another engine, and notes what leaves.
final class Follower: EffectReader {
    struct Departure {
        var key: Int
        var reason: MissReason
    }

    private let engine: EmbeddedEngine
    private let departures = Guarded<[Departure]>([])
    private let records = Guarded<Int>(0)

    init(_ engine: EmbeddedEngine) { self.engine = engine }

    func record(_ effect: borrowing Effect, at position: Position, remaining: Int, digestChange: UInt64) {
        engine.apply(effect, at: position)
        records.withLock { $0 += 1 }
        if case .delete(let key, let reason, _, _, _, _) = copy effect {
            let number = Int(String(decoding: key.array, as: UTF8.self))!
            departures.withLock { $0.append(Departure(key: number, reason: reason)) }
        }
    }

    var count: Int { records.withLock { $0 } }

    func takeDepartures() -> [Departure] {
        departures.withLock { departures in
            defer { departures = [] }
            return departures
        }
    }
}
