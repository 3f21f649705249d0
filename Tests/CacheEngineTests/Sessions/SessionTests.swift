import Bytes
import CacheModel
import Testing

@testable import CacheEngine

private let day: Int64 = 24 * 3600 * 1000

@Suite struct SessionTests {
    @Test("a session is what it began as, by its id and by its handle")
    func begins() {
        let cache = Cache()
        let data = "{\"cart\":[1,2]}"
        let made = cache.begin(
            "a", Beginning(user: "42", data: data, meta: "{\"ip\":\"::1\"}", index: [("tenant", "acme")], idle: 60_000))
        #expect(made.outcome == .created && made.handle == .of("a") && made.seen?.user == "42")
        for answer in [cache.session("a"), cache.session(handle: "a")] {
            #expect(answer.outcome == .hit && answer.refusal == nil && answer.handle == .of("a"))
            #expect(answer.seen?.user == "42" && answer.seen?.data == data)
            #expect(answer.seen?.meta == "{\"ip\":\"::1\"}" && answer.seen?.attributes == ["tenant": "acme"])
            #expect(answer.seen?.createdAt == cache.now && answer.entry.position == made.written)
            #expect(
                answer.entry.idle == 60_000 && answer.entry.expiresAt == cache.now.advanced(byMilliseconds: 30 * day))
        }
        #expect(cache.statistics.sessions == 1)
        cache.engine.checkInvariants()
    }

    /// Found by trying a billion: under seed 1 and in one shard these three have one place in the table.
    static let ofOnePlace = ["27086381", "377909567", "605620835"]

    @Test("a page of all sessions is never over its limit, also where several have one place in the table")
    func pages() {
        let cache = Cache(shards: 1, seed: 1)
        let hasher = KeyHasher(first: 3, second: 7).ofStates
        let hashes = Self.ofOnePlace.map { id in
            var key = IOBuffer()
            SessionKeys.append(SessionDigest.of(id), to: &key)
            return hasher.hash(RawBytes(key.readable)) & 0x7F_FFFF_FFFF
        }
        #expect(Set(hashes).count == 1, "the hash has changed: look for others, or this tests nothing")
        let ids = Self.ofOnePlace + (0..<40).map { "other \($0)" }
        for id in ids { cache.begin(id) }
        for limit in [1, 2, 3, 5, 7, 1000] {
            var seen: [SessionHandle] = []
            var page = cache.sessions(limit: limit)
            while true {
                #expect(page.rows.count <= limit)
                seen += page.rows.map(\.handle)
                guard page.nextCursor != nil else { break }
                page = cache.sessions(behind: page, limit: limit)
            }
            #expect(seen.count == ids.count && Set(seen) == Set(ids.map { SessionHandle.of($0) }), "limit \(limit)")
        }
    }

    @Test("a cursor between sessions of one place goes on without loss when these end", arguments: [1, 2])
    func endsBetweenPages(_ limit: Int) {
        let cache = Cache(shards: 1, seed: 1)
        let others = (0..<200).map { "other \($0)" }
        for id in Self.ofOnePlace + others { cache.begin(id) }
        var seen: [SessionHandle] = []
        var page = cache.sessions(limit: limit)
        var hasSplit = false
        while true {
            seen += page.rows.map(\.handle)
            if page.next != nil, !hasSplit {
                hasSplit = true
                for id in Self.ofOnePlace { cache.session(id, .destroy) }
            }
            guard page.nextCursor != nil else { break }
            page = cache.sessions(behind: page, limit: limit)
        }
        #expect(hasSplit)
        #expect(Set(seen).isSuperset(of: others.map { SessionHandle.of($0) }))
        #expect(Set(seen).count == seen.count)
    }

    @Test("what never was is unknown, and cannot be written into being")
    func unknown() {
        let cache = Cache()
        for action: SessionAction in [
            .read(slides: true, wantsData: true), .touch, .putData, .patch(.merge), .destroy,
        ] {
            #expect(cache.session("a", action, "{}").refusal == .unknown)
            #expect(cache.session(handle: "a", action, "{}").refusal == .unknown)
        }
        #expect(cache.rotate("a", to: "b").refusal == .unknown)
        #expect(cache.statistics.sessions == 0 && cache.statistics.states[Int(Kind.sessions.number)] == 0)
    }

    @Test("an id in use begins no second session, live or ended")
    func twice() {
        let cache = Cache()
        cache.begin("a", Beginning(data: "{\"n\":1}"))
        #expect(cache.begin("a", Beginning(data: "{\"n\":2}")).refusal == .exists)
        #expect(cache.session("a").seen?.data == "{\"n\":1}")
        cache.session("a", .destroy)
        #expect(cache.begin("a").refusal == .exists)
        #expect(cache.session("a").end == .destroyed)
    }

    @Test("after an end every command is refused with its reason and time, for the rest of max and a day at least")
    func ends() {
        for (name, max, kept) in [("long", 30 * day, 30 * day), ("short", Int64(1000), day)] {
            let cache = Cache()
            cache.begin(name, Beginning(user: "u", data: "{\"secret\":1}", max: max))
            let destroyed = cache.session(name, .destroy)
            #expect(destroyed.outcome == .deleted && destroyed.written > .none)
            let at = cache.now
            for time in [0, kept - 1] {
                cache.now = at.advanced(byMilliseconds: time)
                cache.maintain()
                for action: SessionAction in [
                    .read(slides: true, wantsData: true), .touch, .putData, .patch(.merge), .destroy,
                ] {
                    #expect(cache.session(name, action, "{}").refusal == .gone(.destroyed, at: at))
                    #expect(cache.session(handle: name, action, "{}").refusal == .gone(.destroyed, at: at))
                }
                #expect(cache.rotate(name, to: "other").refusal == .gone(.destroyed, at: at))
            }
            #expect(cache.sessions(of: "u").rows.isEmpty && cache.allSessions().isEmpty)
            #expect(cache.statistics.sessions == 0 && cache.statistics.endedSessions == 1)
            cache.now = at.advanced(byMilliseconds: kept)
            #expect(cache.session(name).refusal == .unknown)
            #expect(cache.statistics.endedSessions == 0)
            cache.engine.checkInvariants()
        }
    }

    @Test("an end by the handle says that it was revoked")
    func endsByHandle() {
        let cache = Cache()
        cache.begin("a")
        #expect(cache.session(handle: "a", .destroy).outcome == .deleted)
        #expect(cache.session("a").refusal == .gone(.revoked, at: cache.now))
    }

    @Test("reads and changes slide the idle time, up to max; reads by the way do not")
    func slides() {
        let cache = Cache()
        let start = cache.now
        cache.begin("a", Beginning(idle: 1000, max: 2500))
        cache.pass(900)
        #expect(cache.session("a", .read(slides: false, wantsData: false)).entry.freshUntil.since(start) == 1000)
        #expect(cache.session("a").seen?.seenAt == cache.now)
        cache.pass(900)
        #expect(cache.session("a", .patch(.merge), "{\"data\":{\"n\":1}}").entry.freshUntil.since(start) == 2500)
        cache.pass(600)
        #expect(cache.session("a", .touch).outcome == .hit)
        #expect(cache.session(handle: "a").seen?.seenAt == cache.now)
        cache.pass(100)
        #expect(cache.session("a").refusal == .gone(.expired, at: start.advanced(byMilliseconds: 2500)))
    }

    @Test("a session whose time is over ends by a record, whether it is asked for or swept", arguments: [true, false])
    func expires(_ isSwept: Bool) {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        cache.begin("a", Beginning(user: "u", data: "{\"n\":1}", index: [("t", "x")], idle: 1000))
        cache.pass(1001)
        let before = recorder.count
        if isSwept {
            for _ in 0..<100 { cache.maintain() }
        } else {
            #expect(cache.session("a").end == .expired)
        }
        let records = recorder.records(from: before)
        #expect(records.count == 1)
        guard case .put(let value, let fields, let state)? = records.first?.change else {
            Issue.record("no end was put")
            return
        }
        let at = cache.now.advanced(byMilliseconds: -1)
        #expect(value.isEmpty && SessionRecord(fields.span) == .ended(EndedSession(.expired, .of("a"), at: at)))
        #expect(state.freshUntil.milliseconds >= at.milliseconds + 29 * day)
        #expect(cache.sessions(of: "u").rows.isEmpty && cache.sessions(where: "t", "x").rows.isEmpty)
        #expect(cache.session("a", .putData, "{}").end == .expired)
        #expect(cache.statistics.sessions == 0 && cache.statistics.expirations == 1)
        cache.engine.checkInvariants()
    }

    @Test("a whole write replaces the data alone, and only where the precondition holds")
    func puts() {
        let cache = Cache()
        let made = cache.begin("a", Beginning(user: "u", data: "{\"n\":1}", meta: "{\"m\":1}", index: [("t", "x")]))
        let put = cache.session("a", .putData, "{\"n\":2}", ifMatch: made.written)
        #expect(put.outcome == .replaced && put.written > made.written)
        let refused = cache.session("a", .putData, "{\"n\":3}", ifMatch: made.written)
        #expect(refused.outcome == .preconditionFailed && refused.entry.position == put.written)
        let seen = cache.session("a").seen
        #expect(seen?.data == "{\"n\":2}" && seen?.meta == "{\"m\":1}" && seen?.user == "u")
        #expect(cache.sessions(where: "t", "x").rows.map(\.data) == ["{\"n\":2}"])
    }

    @Test("data of any size up to the bound is kept and replaced", arguments: [2, 1900, 2100, 65_000])
    func sizes(_ size: Int) {
        let cache = Cache()
        let data = "{\"a\":\"" + String(repeating: "x", count: size) + "\"}"
        cache.begin("a", Beginning(data: data))
        #expect(cache.session("a").seen?.data == data)
        cache.session("a", .patch(.merge), "{\"meta\":{\"l\":1}}")
        #expect(cache.session("a").seen?.data == data)
        cache.session("a", .putData, "{}")
        cache.session("a", .putData, data)
        cache.rotate("a", to: "b")
        #expect(cache.session("b").seen?.data == data)
        cache.session("b", .destroy)
        cache.engine.checkInvariants()
    }

    @Test("a session is written only where there is room; it can always end")
    func full() {
        let cache = Cache(shards: 1, maxMemory: 1 << 20, policy: EvictionPolicy(.none))
        let data = "{\"a\":\"" + String(repeating: "x", count: 1000) + "\"}"
        var count = 0
        while cache.begin("s\(count)", Beginning(user: "u", data: data, idle: 1000)).outcome == .created {
            count += 1
            if count > 2000 { break }
        }
        #expect(count > 200 && count < 2000)
        #expect(cache.session("s0", .putData, String(repeating: data, count: 50)).outcome == .memoryFull)
        #expect(cache.session("s0").seen?.data == data)
        for number in 0..<count / 2 { #expect(cache.session("s\(number)", .destroy).outcome == .deleted) }
        cache.pass(2000)
        for number in 0..<count {
            #expect(cache.session("s\(number)").end == (number < count / 2 ? .destroyed : .expired))
        }
        cache.engine.checkInvariants()
        #expect(cache.begin("new", Beginning(data: data)).outcome == .created)
    }
}
