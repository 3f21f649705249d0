import Bytes
import CacheModel
import TestDepth
import Testing

@testable import CacheEngine

/// A kind made for these tests: a register that is written whole, changed in places, given an end, and deleted.
struct Register: StateFunction {
    enum Step {
        case read
        case write([UInt8], EntryTimes?)
        case overwrite(at: Int, [UInt8])
        case end(Int64)
        case delete
    }

    let step: Step

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        if let entry { reply.value.append(entry.value.span) }
        switch step {
        case .read:
            reply.outcome = entry == nil ? .miss(.unknown) : .hit
            return .none
        case .write(let bytes, let times):
            reply.workspace.drafts.append(bytes)
            return .put(reply.workspace, times)
        case .overwrite(let offset, let bytes):
            guard let entry, offset + bytes.count <= entry.valueCount else { return .none }
            Edits.append(bytes.span, at: offset, to: &reply.workspace.edits)
            return .patch(reply.workspace)
        case .end(let milliseconds):
            guard entry != nil else { return .none }
            var times = EntryTimes()
            times.freshUntil = milliseconds
            times.expiresAt = milliseconds
            return StateDecision(times: times)
        case .delete: return .delete
        }
    }
}

/// Writes several registers, or none when one of them is there already.
struct Newcomers: StatePlanner {
    let targets: [StateKey]

    func plan(_ states: borrowing LockedStates, _ now: Instant, into plan: inout StatePlan, reply: inout Reply) {
        reply.outcome = .groupFailed
        for target in targets where states.entry(target) != nil { return }
        for target in targets {
            let start = reply.workspace.drafts.count
            reply.workspace.drafts.append(Array("new".utf8))
            plan.add(target, StateDecision(change: .put(ByteSlice(start: start, count: 3))))
        }
        reply.outcome = .groupDone
    }
}

extension Cache {
    @discardableResult
    func register(_ name: String, _ step: Register.Step, kind: Kind = .topics) -> Answer {
        var reply = Reply()
        let bytes = Array(name.utf8)
        engine.change(kind, bytes.span, by: Register(step: step), now, &reply)
        return Answer(reply)
    }
}

@Suite struct StateTests {
    @Test("a state and a key of one name are unrelated, and lists of keys do not see states")
    func nameSpaces() {
        let cache = Cache()
        cache.register("a", .write([1], nil))
        #expect(cache.get("a").isMiss)
        cache.put("a", "key")
        cache.register("a", .delete)
        #expect(cache.get("a").text == "key")
        cache.register("b", .write([2], nil))
        #expect(cache.list().rows.map(\.keyText) == ["a"])
        #expect(cache.register("b", .read, kind: .limits).isMiss)
        #expect(cache.statistics.entries == 1)
        #expect(cache.statistics.states[Int(Kind.topics.number)] == 1)
    }

    @Test("a state ends when its time comes, and one that is past its end is as if it had never been")
    func expiry() {
        let cache = Cache()
        cache.register("a", .write([1], nil))
        cache.register("a", .end(cache.now.milliseconds + 1000))
        cache.pass(999)
        #expect(cache.register("a", .read).value == [1])
        cache.pass(1)
        #expect(cache.register("a", .read).isMiss)
        cache.register("b", .write([1], nil))
        cache.register("b", .end(cache.now.milliseconds + 1000))
        cache.pass(5000)
        for _ in 0..<4 { cache.maintain() }
        #expect(cache.statistics.states[Int(Kind.topics.number)] == 0)
        cache.engine.checkInvariants()
    }

    @Test("states stay when keys are evicted, keys make room for them, and past the limit a write is refused")
    func memory() {
        let cache = Cache(shards: 2, maxMemory: 12 << 20)
        for number in 0..<60_000 { cache.put("key \(number)", String(repeating: "x", count: 200)) }
        var refused: Int?
        for number in 0..<40_000 where refused == nil {
            let answer = cache.register("state \(number)", .write(Array(repeating: 7, count: 400), nil))
            if answer.outcome == .memoryFull { refused = number }
        }
        let kept = refused ?? 40_000
        #expect(kept > 10_000, "keys should have made room")
        for number in 0..<kept { #expect(cache.register("state \(number)", .read).value.count == 400) }
        cache.engine.checkInvariants()
    }

    @Test("several states are written in one step or not at all")
    func plans() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        let names = (0..<20).map { [Kind.topics.number] + Array("state \($0)".utf8) }
        var reply = Reply()
        let targets = names.map { cache.engine.stateKey(RawBytes($0.span)) }
        let numbers = Set(targets.map(\.shard)).sorted()
        cache.engine.change(on: numbers, by: Newcomers(targets: targets), cache.now, &reply)
        #expect(reply.outcome == .groupDone)
        #expect(recorder.all.map(\.remaining) == Array((0..<20).reversed()))
        cache.engine.change(on: numbers, by: Newcomers(targets: targets), cache.now, &reply)
        #expect(reply.outcome == .groupFailed)
        #expect(recorder.count == 20)
        withExtendedLifetime(names) {}
    }

    @Test("random writes, edits, ends and deletes leave what a plain model has, and the log rebuilds it")
    func model() {
        let seed = testSeed()
        print("state model: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let recorder = Recorder()
        let cache = Cache(shards: 4, seed: seed, reader: recorder)
        var model: [String: (value: [UInt8], end: Int64)] = [:]
        for _ in 0..<20_000 {
            let name = "state \(random.next() % 200)"
            if let there = model[name], there.end <= cache.now.milliseconds { model[name] = nil }
            switch random.next() % 8 {
            case 0, 1:
                let count = random.next() % 10 == 0 ? 5000 : Int(random.next() % 100)
                let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
                cache.register(name, .write(bytes, nil))
                model[name] = (bytes, model[name]?.end ?? .max)
            case 2, 3, 4:
                let offset = Int(random.next() % 120)
                let bytes = (0..<random.next() % 9).map { _ in UInt8.random(in: 0...255) }
                cache.register(name, .overwrite(at: offset, bytes))
                if let there = model[name], offset + bytes.count <= there.value.count {
                    model[name]?.value.replaceSubrange(offset..<offset + bytes.count, with: bytes)
                }
            case 5:
                let end = cache.now.milliseconds + Int64(random.next() % 500) + 1
                cache.register(name, .end(end))
                model[name]?.end = end
            case 6:
                cache.register(name, .delete)
                model[name] = nil
            default: cache.pass(Int64(random.next() % 20))
            }
        }
        let second = Cache(shards: 4, seed: seed)
        second.engine.replay(recorder.all)
        second.now = cache.now
        for number in 0..<200 {
            let name = "state \(number)"
            let expected = model[name].flatMap { $0.end > cache.now.milliseconds ? $0.value : nil }
            #expect(second.register(name, .read).value == expected ?? [], "\(name), seed \(seed)")
            #expect(cache.register(name, .read).value == expected ?? [], "\(name), seed \(seed)")
        }
        cache.engine.checkInvariants()
        second.engine.checkInvariants()
    }

    @Test("edits that do not fit the state they are for are left out when read from a log")
    func damagedEdits() {
        let cache = Cache()
        cache.register("a", .write([1, 2, 3], nil))
        let key = Array("a".utf8)
        var edits = IOBuffer()
        Edits.append([9, 9].span, at: 2, to: &edits)
        let position = Position(epoch: 3, number: 1 << 40)
        cache.engine.apply(
            .patch(key: key.span, edits: edits.readable, modifiedAt: cache.now, kind: .topics), at: position)
        cache.engine.apply(
            .patch(key: key.span, edits: [1, 2].span, modifiedAt: cache.now, kind: .topics), at: position)
        #expect(cache.register("a", .read).value == [1, 2, 3])
    }
}
