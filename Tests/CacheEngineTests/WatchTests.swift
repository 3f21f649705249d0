import CacheEngine
import CacheModel
import Testing

@Suite("Watches")
struct WatchTests {
    @Test("a watch is answered at once when the key is not what the caller knows")
    func atOnce() {
        let cache = Cache()
        #expect(cache.watch("a", known: []).answer?.outcome == .miss(.never))
        let written = cache.put("a", "1").written
        #expect(cache.watch("a", known: []).answer?.outcome == .changed)
        #expect(cache.watch("a", known: [written]).ticket != nil)
    }

    @Test("a change, a delete, an end and an eviction each wake the one who waits", arguments: 0..<5)
    func wakes(_ kind: Int) {
        let cache = Cache(maxMemory: 1 << 20, policy: EvictionPolicy(.lru))
        let written = cache.put("a", "1", ttl: 500).written
        cache.put("b", "1")
        guard let ticket = cache.watch("a", known: [written]).ticket else {
            Issue.record("it did not wait")
            return
        }
        _ = cache.get("a")
        cache.put("b", "2")
        cache.maintain()
        #expect(cache.deliveries.take() == [])
        switch kind {
        case 0: cache.put("a", "2")
        case 1: cache.delete("a")
        case 2:
            cache.pass(500)
            cache.maintain()
        case 3:
            cache.touch("a", .lifetime(Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 20))))
            cache.maintain()
            #expect(cache.deliveries.take() == [])
            cache.pass(20)
            cache.maintain()
        default: for number in 0..<10_000 { cache.put("key:\(number)", String(repeating: "x", count: 300)) }
        }
        #expect(cache.deliveries.take() == [ticket])
        #expect(cache.statistics.watchers == 0)
    }

    @Test("nothing is delivered for a cancelled ticket")
    func cancelled() {
        let cache = Cache()
        let written = cache.put("a", "1").written
        let first = cache.watch("a", known: [written]).ticket
        let second = cache.watch("a", known: [written]).ticket
        #expect(cache.statistics.watchers == 2)
        cache.engine.cancel(first!)
        cache.put("a", "2")
        #expect(cache.deliveries.take() == [second])
    }

    @Test("an entry inside its stale window goes on waiting until it is no longer served")
    func stale() {
        let cache = Cache()
        let end = cache.now.advanced(byMilliseconds: 100)
        let written = cache.put("a", "1", lifetime: .set(Lifetime(expiresAt: end, staleWhileRevalidate: 100))).written
        let ticket = cache.watch("a", known: [written]).ticket
        cache.pass(150)
        cache.maintain()
        #expect(cache.deliveries.take() == [])
        cache.pass(50)
        cache.maintain()
        #expect(cache.deliveries.take() == [ticket])
    }

    @Test("who takes nothing stale is woken when freshness ends, or is ended")
    func freshOnly() {
        for isTouched in [false, true] {
            let cache = Cache()
            let end = cache.now.advanced(byMilliseconds: 1000)
            let lifetime = Lifetime(expiresAt: end, staleWhileRevalidate: 5000)
            let written = cache.put("a", "1", lifetime: .set(lifetime)).written
            let patient = cache.watch("a", known: [written]).ticket
            let ticket = cache.watch("a", known: [written], acceptsStale: false).ticket
            if isTouched { cache.touch("a", .stale) } else { cache.pass(1000) }
            cache.maintain()
            #expect(cache.deliveries.take() == [ticket])
            #expect(cache.watch("a", known: [written], acceptsStale: false).answer?.outcome == .miss(.expired))
            cache.pass(6000)
            cache.maintain()
            #expect(cache.deliveries.take() == [patient])
        }
    }
}
