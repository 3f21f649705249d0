import Bytes
import CacheModel
import Glibc
import Posix
import Synchronization
import Testing

@testable import CacheEngine

/// Runs a body on so many threads at once. Tasks would share as many threads as there are cores: on one core they would
/// follow each other, and one that waits for another might wait for ever.
private func together(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
    let group = ThreadGroup()
    for number in 0..<count { try group.start(name: "racer") { body(number) } }
    group.join()
}

@Suite struct SessionRaceTests {
    @Test("nothing brings a session back: after it was destroyed every change is refused, and it stays gone")
    func noResurrection() throws {
        let cache = Cache()
        let (engine, now) = (cache.engine, cache.now)
        for round in 0..<200 {
            let id = "s\(round)"
            _ = Cache.begin(id, Beginning(user: "u", idle: 60_000), in: engine, at: now)
            let isGone = Atomic<Bool>(false)
            let late = Atomic<Int>(0)
            try together(4) { number in
                for turn in 0..<50 {
                    if number == 0, turn == 10 {
                        _ = Cache.session(.handle(.of(id)), .destroy, in: engine, at: now)
                        isGone.store(true, ordering: .sequentiallyConsistent)
                    }
                    let wasGone = isGone.load(ordering: .sequentiallyConsistent)
                    let action: SessionAction = [.patch(.merge), .putData, .touch][turn % 3]
                    let answer = Cache.session(.secret(.of(id)), action, "{}", in: engine, at: now)
                    if wasGone, answer.refusal == nil { late.add(1, ordering: .relaxed) }
                    if turn % 10 == 5 {
                        let rotated = Cache.rotate(id, to: "\(id)-\(number)-\(turn)", in: engine, at: now)
                        if wasGone, rotated.refusal == nil { late.add(1, ordering: .relaxed) }
                    }
                }
            }
            #expect(late.load(ordering: .relaxed) == 0)
            #expect(cache.session(handle: id).end == .revoked)
        }
        #expect(cache.statistics.sessions == 0 && cache.sessions(of: "u").rows.isEmpty)
        cache.engine.checkInvariants()
    }

    @Test("clients that merge different members lose nothing")
    func noLostMembers() throws {
        let cache = Cache()
        let (engine, now) = (cache.engine, cache.now)
        cache.begin("a")
        try together(4) { number in
            for turn in 0..<500 {
                let answer = Cache.session(
                    .secret(.of("a")), .patch(.merge), "{\"data\":{\"m\(number)\":\(turn)}}", in: engine, at: now)
                #expect(answer.seen?.data.contains("\"m\(number)\":\(turn)") == true)
            }
        }
        for number in 0..<4 { #expect(cache.session("a").seen?.data.contains("\"m\(number)\":499") == true) }
    }

    @Test("a user's list always names a session that lives on while it is rotated and patched, and never a dead one")
    func listsAreExact() throws {
        let cache = Cache()
        let (engine, now) = (cache.engine, cache.now)
        cache.begin("r0", Beginning(user: "u"))
        let isDone = Atomic<Bool>(false)
        let wrong = Atomic<Int>(0)
        try together(3) { number in
            if number == 0 {
                for turn in 0..<2000 {
                    _ = Cache.rotate("r\(turn)", to: "r\(turn + 1)", in: engine, at: now)
                    _ = Cache.session(
                        .secret(.of("r\(turn + 1)")), .patch(.merge), "{\"index\":{\"t\":\"\(turn % 2)\"}}",
                        in: engine, at: now)
                }
                isDone.store(true, ordering: .releasing)
            } else {
                while !isDone.load(ordering: .acquiring) {
                    if Cache.sessions(of: "u", in: engine, at: now).rows.map(\.handle) != [.of("r0")] {
                        wrong.add(1, ordering: .relaxed)
                    }
                    let id = "d\(UInt64.random(in: 0 ... .max))"
                    _ = Cache.begin(id, Beginning(user: "v\(number)"), in: engine, at: now)
                    _ = Cache.session(.secret(.of(id)), .destroy, in: engine, at: now)
                    if !Cache.sessions(of: "v\(number)", in: engine, at: now).rows.isEmpty {
                        wrong.add(1, ordering: .relaxed)
                    }
                }
            }
        }
        #expect(wrong.load(ordering: .relaxed) == 0)
        cache.engine.checkInvariants()
    }

    @Test("a revocation and beginnings under a cap, all at once, leave no more sessions than the cap")
    func capsHold() throws {
        let cache = Cache()
        let (engine, now) = (cache.engine, cache.now)
        try together(4) { number in
            for turn in 0..<300 {
                let cap = SessionCap(most: 3, policy: turn % 2 == 0 ? .oldest : .reject)
                let answer = Cache.begin("s\(number)-\(turn)", Beginning(user: "u", cap: cap), in: engine, at: now)
                if turn % 2 == 0 { #expect(answer.outcome == .created) }
                if turn % 7 == 0 {
                    _ = Cache.rotate("s\(number)-\(turn)", to: "r\(number)-\(turn)", in: engine, at: now)
                }
                if turn % 50 == 49 { _ = Cache.revoke("u", in: engine, at: now) }
                #expect(Cache.sessions(of: "u", in: engine, at: now).rows.count <= 3)
            }
        }
        cache.revoke("u")
        #expect(cache.sessions(of: "u").rows.isEmpty && cache.statistics.sessions == 0)
        cache.engine.checkInvariants()
    }
}
