import Bytes
import CacheModel
import TestDepth
import Testing

@testable import CacheEngine

@Suite struct SessionLogTests {
    @Test("the log tells of each event once, and of nothing else")
    func events() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        cache.begin("a", Beginning(user: "u", idle: 60_000))
        cache.session("a", .patch(.merge), "{\"data\":{\"n\":1}}")
        cache.pass(30_000)
        cache.session("a", .touch)
        cache.rotate("a", to: "a2")
        cache.begin("b", Beginning(user: "u"))
        cache.revoke("u", except: .handle(.of("a")))
        cache.begin("c")
        cache.session("c", .destroy)
        cache.begin("d", Beginning(user: "u", cap: SessionCap(most: 1, policy: .oldest)))
        cache.begin("e", Beginning(max: 10))
        cache.pass(10)
        for _ in 0..<100 { cache.maintain() }
        var events: [SessionEvent] = []
        for record in recorder.all {
            record.give { effect, _ in if let event = SessionEvent(effect) { events.append(event) } }
        }
        let told = events.map { event in "\(event.what)" }
        #expect(
            told == [
                "created", "rotated", "created", "ended(CacheModel.SessionEnd.revoked)", "created",
                "ended(CacheModel.SessionEnd.destroyed)", "created", "ended(CacheModel.SessionEnd.capped)", "created",
                "ended(CacheModel.SessionEnd.expired)",
            ])
        #expect(events.map(\.handle) == ["a", "a", "b", "b", "c", "c", "d", "a", "e", "e"].map { .of($0) })
    }

    @Test("reads that slide are told of after a tenth of the idle time, and what is rebuilt knows when it was seen")
    func slides() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        cache.begin("a", Beginning(idle: 10_000))
        let before = recorder.count
        for _ in 0..<100 {
            cache.pass(100)
            cache.session("a")
        }
        #expect((8...10).contains(recorder.count - before), "10 s of reads at most ten records")
        let second = Cache()
        for record in recorder.all { second.engine.apply(record) }
        second.now = cache.now
        let (seen, rebuilt) = (cache.session("a", look).seen, second.session("a", look).seen)
        #expect(seen?.seenAt == cache.now)
        #expect(cache.now.since(rebuilt?.seenAt ?? .never) <= SessionReply.seenResolution(idle: 10_000))
    }

    private var look: SessionAction { .read(slides: false, wantsData: false) }

    @Test("no record holds a secret id; one of a live session names its digest, one of an end nothing of its content")
    func secrets() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        cache.begin("a", Beginning(user: "someone", data: "{\"card\":1}", meta: "{\"ip\":\"::1\"}"))
        let before = recorder.count
        cache.session("a", .destroy)
        for record in recorder.records(from: before) {
            guard case .put(let value, let fields, _) = record.change else { continue }
            #expect(value.isEmpty && fields.count == 25)
        }
    }

    @Test("a log that lies about sessions changes what is found, and traps nothing")
    func lies() {
        let seed = testSeed()
        print("lies about sessions: seed \(seed)")
        var random = SplitMix64(seed: seed)
        let recorder = Recorder()
        let honest = Cache(reader: recorder)
        for number in 0..<20 {
            honest.begin("s\(number)", Beginning(user: "u", data: "{\"n\":1}", index: [("t", "x")], idle: 1000))
        }
        honest.rotate("s1", to: "r1", grace: 10_000)
        honest.session("s2", .destroy)
        for round in 0..<300 {
            let cache = Cache(seed: seed)
            cache.now = honest.now
            var position = UInt64(1 << 30)
            for record in recorder.all {
                position += 1
                lie(about: record, at: Position(epoch: 3, number: position), &random, to: cache.engine)
            }
            cache.pass(round % 3 == 0 ? 5000 : 0)
            for number in 0..<20 {
                cache.session("s\(number)")
                cache.session(handle: "s\(number)")
                cache.session("s\(number)", .patch(.merge), "{\"data\":{\"m\":2}}")
                cache.rotate("s\(number)", to: "q\(number)", user: "v", cap: SessionCap(most: 1, policy: .oldest))
            }
            _ = cache.sessions(of: "u")
            _ = cache.sessions(where: "t", "x")
            _ = cache.allSessions()
            cache.revoke("u")
            cache.maintain()
            cache.engine.checkInvariants()
        }
    }

    private func lie(
        about record: Record, at position: Position, _ random: inout SplitMix64, to engine: EmbeddedEngine
    ) {
        guard case .put(var value, var fields, let state) = record.change else { return }
        for _ in 0..<random.next() % 3 {
            Self.damage(&fields, &random)
            Self.damage(&value, &random)
        }
        engine.apply(
            .put(key: record.key.span, value: value.span, fields: fields.span, state: state, kind: .sessions),
            at: position)
    }

    private static func damage(_ bytes: inout [UInt8], _ random: inout SplitMix64) {
        guard !bytes.isEmpty else { return }
        let place = Int(random.next() % UInt64(bytes.count))
        switch random.next() % 3 {
        case 0: bytes[place] = UInt8(truncatingIfNeeded: random.next())
        case 1: bytes.removeSubrange(place...)
        default: bytes.append(UInt8(truncatingIfNeeded: random.next()))
        }
    }
}
