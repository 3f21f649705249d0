import Bytes
import CacheModel
import Testing

@testable import CacheEngine

@Suite struct SessionPatchTests {
    @Test("a merge patch changes data, meta, idle and index, each alone")
    func merges() {
        let cache = Cache()
        cache.begin(
            "a",
            Beginning(user: "u", data: "{\"a\":1,\"b\":2}", meta: "{\"ip\":\"x\"}", index: [("t", "x")], idle: 60_000))
        let answer = cache.session("a", .patch(.merge), "{\"data\":{\"b\":null,\"c\":[3]}}")
        #expect(answer.outcome == .replaced && answer.seen?.data == "{\"a\":1,\"c\":[3]}")
        #expect(answer.seen?.meta == "{\"ip\":\"x\"}" && answer.seen?.attributes == ["t": "x"])
        #expect(
            cache.session("a", .patch(.merge), "{\"meta\":{\"label\":\"phone\"}}").seen?.meta
                == "{\"ip\":\"x\",\"label\":\"phone\"}")
        #expect(cache.session("a", .patch(.merge), "{\"idle\":\"2m\"}").entry.idle == 120_000)
        #expect(cache.session("a", .patch(.merge), "{\"idle\":90}").entry.idle == 90_000)
        #expect(cache.session("a", .patch(.merge), "{\"idle\":null}").entry.idle == 0)
        #expect(
            cache.session("a", .patch(.merge), "{\"index\":{\"t\":null,\"o\":\"\\u00e9\"}}").seen?.attributes == [
                "o": "é"
            ])
        #expect(cache.sessions(where: "t", "x").rows.isEmpty)
        #expect(cache.sessions(where: "o", "é").rows.map(\.data) == ["{\"a\":1,\"c\":[3]}"])
        #expect(cache.session("a", .patch(.merge), "{\"meta\":null,\"index\":null}").seen?.meta == "")
        #expect(cache.session("a").seen?.attributes == [:] && cache.session("a").seen?.user == "u")
        cache.engine.checkInvariants()
    }

    @Test("operations are done in order, all or none")
    func operations() {
        let cache = Cache()
        cache.begin("a", Beginning(data: "{\"cart\":[]}", idle: 60_000))
        let done = cache.session(
            "a", .patch(.operations),
            """
            [{"op":"test","path":"/idle","value":"1m"},{"op":"add","path":"/data/cart/-","value":7},
            {"op":"replace","path":"/idle","value":"30m"},{"op":"add","path":"/index/tenant","value":"acme"}]
            """)
        #expect(done.outcome == .replaced && done.seen?.data == "{\"cart\":[7]}" && done.entry.idle == 1_800_000)
        #expect(cache.sessions(where: "tenant", "acme").rows.count == 1)
        let failed = cache.session(
            "a", .patch(.operations),
            "[{\"op\":\"remove\",\"path\":\"/data/cart/0\"},{\"op\":\"remove\",\"path\":\"/data/none\"}]")
        #expect(failed.patchFailure == .operation(index: 1) && failed.detail == "/data/none")
        let tested = cache.session(
            "a", .patch(.operations), "[{\"op\":\"test\",\"path\":\"/data/cart/0\",\"value\":8}]")
        #expect(tested.patchFailure == .test(index: 0))
        #expect(cache.session("a").seen?.data == "{\"cart\":[7]}" && cache.session("a").entry.position == done.written)
    }

    static let bad: [(String, SessionPatchFailure)] = [
        ("{\"data\":[]}", .dataNotObject), ("{\"data\":null}", .dataNotObject), ("{\"data\":1}", .dataNotObject),
        ("{\"data\":{\"x\":\"\(String(repeating: "y", count: Limits.sessionDataBytes))\"}}", .dataTooLarge),
        ("{\"meta\":7}", .badMeta), ("{\"meta\":{\"x\":\"\(String(repeating: "y", count: 4096))\"}}", .badMeta),
        ("{\"idle\":\"soon\"}", .badIdle), ("{\"idle\":\"10m~5%\"}", .badIdle), ("{\"idle\":{}}", .badIdle),
        ("{\"idle\":0}", .badIdle), ("{\"index\":[]}", .badIndex), ("{\"index\":{\"a\":1}}", .badIndex),
        ("{\"index\":{\"\":\"x\"}}", .badIndex),
        ("{\"index\":{\"a\":\"\",\"b\":\"\",\"c\":\"\",\"d\":\"\"}}", .badIndex),
        ("{\"user\":\"43\"}", .fixedMember), ("{\"data\":{}", .malformed(offset: 10)), ("[]", .fixedMember),
    ]

    @Test("a patch that would leave no proper session is refused and changes nothing", arguments: bad)
    func refuses(_ text: String, _ failure: SessionPatchFailure) {
        let cache = Cache()
        let made = cache.begin("a", Beginning(data: "{\"n\":1}"))
        let answer = cache.session("a", .patch(.merge), text)
        #expect(answer.patchFailure == failure, "\(text.prefix(40))")
        #expect(cache.session("a").entry.position == made.written && cache.session("a").seen?.data == "{\"n\":1}")
    }
}
