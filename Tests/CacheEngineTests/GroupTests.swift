import Bytes
import CacheEngine
import CacheModel
import Testing

@Suite("Atomic groups")
struct GroupTests {
    /// Builds a group's operations and their bytes.
    struct Builder {
        var bytes: [UInt8] = []
        var operations: [GroupOperation] = []

        mutating func slice(_ text: String) -> ByteSlice {
            let start = bytes.count
            bytes.append(contentsOf: Array(text.utf8))
            return ByteSlice(start: start, count: bytes.count - start)
        }

        mutating func add(
            _ verb: GroupOperation.Verb, _ key: String, ifMatch: GroupOperation.Condition = .absent,
            ifNoneMatch: GroupOperation.Condition = .absent, version: CallerVersion? = nil
        ) {
            operations.append(
                GroupOperation(
                    verb: verb, key: slice(key), ifMatch: ifMatch, ifNoneMatch: ifNoneMatch, version: version))
        }

        mutating func put(_ key: String, _ value: String, ifNoneMatch: GroupOperation.Condition = .absent) {
            let value = slice(value)
            add(.put(value: value, fields: .empty, lifetime: .set(.unlimited)), key, ifNoneMatch: ifNoneMatch)
        }

        func run(on cache: Cache) -> Answer { cache.group(operations, bytes: bytes) }
    }

    @Test("all operations happen, under consecutive positions that count down")
    func done() {
        let recorder = Recorder()
        let cache = Cache(shards: 8, reader: recorder)
        cache.put("b", "old")
        cache.put("c", "gone")
        var group = Builder()
        group.put("a", "1")
        group.add(.get, "b")
        group.add(.delete, "c")
        group.add(.delete, "missing")
        group.add(.touch(Lifetime(idle: 1000)), "b2")
        let bytes = group.slice("23")
        group.add(.append(bytes: bytes, maximumLength: 100), "d")
        let answer = group.run(on: cache)
        #expect(answer.outcome == .groupDone)
        #expect(answer.rows.map(\.outcome) == [.created, .hit, .deleted, .miss(.never), .miss(.never), .created])
        #expect(answer.rows[1].text == "old")
        #expect(cache.get("a").text == "1")
        #expect(cache.get("c").outcome == .miss(.deleted))
        #expect(cache.get("d").text == "23")
        let records = recorder.records(from: 2)
        #expect(records.map(\.remaining) == [2, 1, 0])
        #expect(records.map(\.position.number) == [3, 4, 5])
    }

    @Test("when one fails, nothing happens, and the rows say which")
    func failed() {
        let recorder = Recorder()
        let cache = Cache(shards: 8, reader: recorder)
        cache.put("b", "old", version: CallerVersion(value: 9, onlyIfNewer: false))
        var group = Builder()
        group.put("a", "1")
        group.put("b", "2", ifNoneMatch: .any)
        group.add(.delete, "b2", ifMatch: .any)
        let answer = group.run(on: cache)
        #expect(answer.outcome == .groupFailed)
        #expect(answer.rows.map(\.outcome) == [.hit, .preconditionFailed, .hit])
        #expect(answer.rows[1].info.version == 9)
        #expect(cache.get("a").outcome == .miss(.never))
        #expect(cache.get("b").text == "old")
        #expect(recorder.count == 1)
    }

    @Test("bounds, versions and lengths fail a group")
    func refusals() {
        var limits = Limits()
        limits.valueBytes = 10
        let cache = Cache(limits: limits)
        cache.put("a", "12345", version: CallerVersion(value: 9, onlyIfNewer: false))
        var group = Builder()
        let bytes = group.slice("678")
        group.add(.append(bytes: bytes, maximumLength: 7), "a")
        group.add(.delete, "a2", version: CallerVersion(value: 1, onlyIfNewer: true))
        group.put("b", "12345678901")
        #expect(group.run(on: cache).rows.map(\.outcome) == [.outOfBounds, .hit, .tooLarge])
        var second = Builder()
        second.add(.delete, "a", version: CallerVersion(value: 9, onlyIfNewer: true))
        #expect(second.run(on: cache).rows.map(\.outcome) == [.staleVersion])
    }

    @Test("a group that needs room makes it first; one that cannot have it changes nothing")
    func room() {
        let cache = Cache(maxMemory: 1 << 20)
        for number in 0..<3000 { cache.put("key:\(number)", String(repeating: "x", count: 300)) }
        var group = Builder()
        for number in 0..<100 { group.put("group:\(number)", String(repeating: "y", count: 1900)) }
        #expect(group.run(on: cache).outcome == .groupDone)
        for number in 0..<100 { #expect(cache.get("group:\(number)").outcome == .hit) }
        #expect(cache.statistics.memoryUsed <= 1 << 20)
        cache.engine.checkInvariants()

        let full = Cache(maxMemory: 1 << 20, policy: .init(.none))
        var number = 0
        while full.put("key:\(number)", String(repeating: "x", count: 300)).outcome == .created { number += 1 }
        let held = full.statistics.entries
        let answer = group.run(on: full)
        #expect(answer.outcome == .groupFailed)
        #expect(answer.rows.allSatisfy { $0.outcome == .memoryFull })
        #expect(full.statistics.entries == held)
        full.engine.checkInvariants()
    }
}
