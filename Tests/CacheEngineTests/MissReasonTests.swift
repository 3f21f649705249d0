import Bytes
import CacheEngine
import CacheModel
import Testing

@Suite("Miss reasons")
struct MissReasonTests {
    @Test("a key says why it is gone; one that comes back and goes again says the last reason")
    func reasons() {
        let cache = Cache()
        cache.put("a", "1", ttl: 10)
        cache.pass(10)
        #expect(cache.get("a").outcome == .miss(.expired))
        cache.put("a", "2")
        cache.pass(5000)
        cache.delete("a")
        let gone = cache.get("a")
        #expect(gone.outcome == .miss(.deleted))
        #expect(gone.missedAt.map { cache.now.since($0) < 1000 } == true)
        #expect(cache.get("b").outcome == .miss(.never))
        #expect(cache.statistics.misses[Int(MissReason.deleted.rawValue)] == 1)
    }

    @Test("never is not said once a departed key was forgotten")
    func unknown() {
        let cache = Cache(shards: 1)
        for number in 0..<20_000 {
            cache.put("key:\(number)", "value")
            cache.delete("key:\(number)")
        }
        #expect(cache.get("other").outcome == .miss(.unknown))
        #expect(cache.get("key:19999").outcome == .miss(.deleted))
        cache.engine.checkInvariants()
    }
}
