import Bytes
import CacheModel
import Testing

@testable import CacheEngine

@Suite struct SessionRotationTests {
    @Test(
        "a rotation gives a new id the whole session; the old one reads in its grace, writes nothing, and then is gone")
    func rotates() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        cache.begin("a", Beginning(data: "{\"n\":1,\"m\":1}", meta: "{\"x\":1}", index: [("t", "x")], idle: 60_000))
        cache.pass(5)
        let (before, at) = (recorder.count, cache.now)
        let rotated = cache.rotate("a", to: "b", grace: 10_000, user: "42", data: "{\"m\":null,\"k\":2}")
        #expect(rotated.outcome == .created && rotated.handle == .of("a"))
        #expect(rotated.seen?.data == "{\"n\":1,\"k\":2}" && rotated.seen?.user == "42")
        #expect(recorder.records(from: before).map(\.remaining) == [2, 1, 0], "one group of the log")
        #expect(cache.session("b").seen?.createdAt == at.advanced(byMilliseconds: -5))
        let old = cache.session("a")
        #expect(old.isRotated && old.outcome == .hit && old.seen == cache.session("b").seen)
        for action: SessionAction in [.touch, .putData, .patch(.merge), .destroy] {
            #expect(cache.session("a", action, "{}").refusal == .rotated)
        }
        #expect(cache.rotate("a", to: "c").refusal == .rotated)
        #expect(cache.session("b", .patch(.merge), "{\"data\":{\"late\":1}}").outcome == .replaced)
        #expect(cache.session("a").seen?.data == "{\"n\":1,\"k\":2,\"late\":1}")
        cache.now = at.advanced(byMilliseconds: 10_000)
        #expect(cache.session("a").refusal == .gone(.rotated, at: at))
        #expect(cache.session("b").outcome == .hit && cache.session(handle: "a").seen?.user == "42")
        cache.engine.checkInvariants()
    }

    @Test("in its grace an old id follows later rotations and tells of the end")
    func chain() {
        let cache = Cache()
        cache.begin("a", Beginning(data: "{\"n\":1}"))
        cache.rotate("a", to: "b", grace: 10_000)
        cache.rotate("b", to: "c", grace: 10_000)
        #expect(cache.session("a").isRotated && cache.session("a").seen?.data == "{\"n\":1}")
        #expect(cache.session("b").isRotated)
        cache.session("c", .destroy)
        for id in ["a", "b", "c"] { #expect(cache.session(id).refusal == .gone(.destroyed, at: cache.now)) }
    }

    @Test("only a rotation moves a session to another user; lists follow")
    func users() {
        let cache = Cache()
        cache.begin("a")
        #expect(cache.sessions(of: "42").rows.isEmpty)
        cache.rotate("a", to: "b", user: "42")
        #expect(cache.sessions(of: "42").rows.map(\.handle) == [.of("a")])
        cache.rotate("b", to: "c", user: "43")
        #expect(cache.sessions(of: "42").rows.isEmpty && cache.sessions(of: "43").rows.count == 1)
        cache.rotate("c", to: "d", user: "")
        #expect(cache.sessions(of: "43").rows.isEmpty && cache.session("d").seen?.user == "")
        #expect(cache.engine.context.pointee.sessions.rowCount == 0)
        cache.engine.checkInvariants()
    }

    @Test("a rotation whose data would be none, or whose precondition fails, changes nothing")
    func refused() {
        let cache = Cache()
        cache.begin("a", Beginning(data: "{\"n\":1}"))
        #expect(cache.rotate("a", to: "b", data: "[1]").patchFailure == .dataNotObject)
        #expect(cache.rotate("a", to: "b", data: "{").patchFailure == .malformed(offset: 1))
        #expect(cache.session("a").seen?.data == "{\"n\":1}" && cache.session("b").refusal == .unknown)
    }
}

@Suite struct SessionUserTests {
    @Test("a user's sessions are listed in pages, each live one once")
    func pages() {
        let cache = Cache()
        for number in 0..<250 {
            cache.begin("s\(number)", Beginning(user: "u", index: [("t", number % 2 == 0 ? "x" : "y")]))
        }
        for number in stride(from: 0, to: 250, by: 5) { cache.session("s\(number)", .destroy) }
        var seen: [SessionHandle] = []
        var after: SessionHandle?
        repeat {
            let page = cache.sessions(of: "u", after: after, limit: 30)
            seen += page.rows.map(\.handle)
            after = page.next
        } while after != nil
        #expect(seen.count == 200 && Set(seen).count == 200 && seen == seen.sorted())
        #expect(cache.sessions(where: "t", "x").rows.count == 100)
        #expect(cache.sessions(where: "t", "z").rows.isEmpty && cache.sessions(of: "v").rows.isEmpty)
        #expect(Set(cache.allSessions().map(\.handle)) == Set(seen))
        cache.engine.checkInvariants()
    }

    @Test("log out everywhere else: all of a user's sessions end but the one that asks")
    func revokes() {
        let cache = Cache()
        for id in ["a", "b", "c"] { cache.begin(id, Beginning(user: "u")) }
        cache.begin("d", Beginning(user: "v"))
        let answer = cache.revoke("u", except: .secret(.of("b")))
        #expect(answer.outcome == .deleted && answer.revoked == 2 && answer.refusal == nil)
        #expect(cache.session("a").end == .revoked && cache.session("c").end == .revoked)
        #expect(cache.session("b").outcome == .hit && cache.session("d").outcome == .hit)
        #expect(cache.revoke("u", except: .secret(.of("a"))).end == .revoked, "who is gone cannot ask")
        #expect(cache.session("b").outcome == .hit)
        #expect(cache.revoke("u").revoked == 1 && cache.revoke("u").revoked == 0)
        cache.engine.checkInvariants()
    }

    @Test("a cap refuses one more, or ends the oldest in the same step")
    func caps() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        for number in 0..<3 {
            cache.begin("s\(number)", Beginning(user: "u"))
            cache.pass(1)
        }
        let refused = cache.begin("t", Beginning(user: "u", cap: SessionCap(most: 3, policy: .reject)))
        #expect(refused.refusal == .cap(live: 3) && cache.session("t").refusal == .unknown)
        let before = recorder.count
        let begun = cache.begin("t", Beginning(user: "u", cap: SessionCap(most: 2, policy: .oldest)))
        #expect(begun.outcome == .created && begun.revoked == 2)
        #expect(recorder.records(from: before).map(\.remaining) == [3, 2, 1, 0], "one group of the log")
        #expect(cache.session("s0").end == .capped && cache.session("s1").end == .capped)
        #expect(cache.session("s2").outcome == .hit && cache.session("t").outcome == .hit)
        cache.begin("anonymous")
        #expect(
            cache.rotate("anonymous", to: "u1", user: "u", cap: SessionCap(most: 2, policy: .reject)).refusal
                == .cap(live: 2))
        #expect(cache.rotate("t", to: "u2", user: "u", cap: SessionCap(most: 2, policy: .reject)).outcome == .created)
        #expect(cache.rotate("anonymous", to: "u1", user: "u", cap: SessionCap(most: 1, policy: .oldest)).revoked == 2)
        #expect(cache.sessions(of: "u").rows.map(\.handle) == [.of("anonymous")])
        cache.engine.checkInvariants()
    }

    @Test("a cap far below what a user has ends all that is too much")
    func manyAtOnce() {
        let cache = Cache()
        for number in 0..<300 {
            cache.begin("s\(number)", Beginning(user: "u"))
            cache.pass(1)
        }
        #expect(cache.begin("new", Beginning(user: "u", cap: SessionCap(most: 1, policy: .oldest))).revoked == 300)
        #expect(cache.sessions(of: "u").rows.map(\.handle) == [.of("new")])
        cache.engine.checkInvariants()
    }
}
