import CacheEngine
import CacheModel
import Testing

@Suite("Lifetimes")
struct LifetimeTests {
    private func after(_ cache: Cache, _ milliseconds: Int64) -> Instant {
        cache.now.advanced(byMilliseconds: milliseconds)
    }

    @Test("a sliding entry lives from its last read, never past its cap, and never shorter than asked")
    func sliding() {
        let cache = Cache()
        cache.put("a", "1", lifetime: .set(Lifetime(expiresAt: after(cache, 10_000), idle: 1000)))
        for _ in 0..<9 {
            cache.pass(999)
            let read = cache.get("a")
            #expect(read.outcome == .hit)
            #expect(read.entry.freshUntil == min(after(cache, 1000), read.entry.expiresAt))
        }
        cache.pass(999)
        #expect(cache.get("a").outcome == .hit)
        cache.pass(10)
        #expect(cache.get("a").outcome == .miss(.expired))
    }

    @Test("reads that do not slide leave the end where it is")
    func notSliding() {
        let cache = Cache()
        cache.put("a", "1", lifetime: .set(Lifetime(idle: 1000)))
        cache.pass(600)
        #expect(cache.get("a", slides: false).outcome == .hit)
        cache.pass(400)
        #expect(cache.get("a").isMiss)
    }

    @Test("a slide is logged once a tenth of the idle time has passed, and only then")
    func loggedSlides() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        cache.put("a", "1", lifetime: .set(Lifetime(idle: 1000)))
        for _ in 0..<100 {
            cache.pass(10)
            _ = cache.get("a")
        }
        // 1,000 ms of reading every 10 ms, a record after each 110.
        #expect(recorder.count == 1 + 9)
    }

    @Test("a read that slides or finds an end waits for the log, but not for ever: a change of somebody does")
    func whatMayBeSaidLate() {
        let cache = Cache(shards: 1, reader: Recorder())
        var reply = Reply()
        /// The positions a plain read of a key reveals, firm and all.
        func read(_ key: String) -> (firm: Position, all: Position) {
            let key = Array(key.utf8)
            reply.beginRequest()
            let read = Read(key: key.span, slides: true, acceptsStale: true, wantsValue: true)
            _ = cache.engine.execute(.read(read), at: cache.now, ticket: Ticket(packed: 0), reply: &reply)
            return (reply.firmHorizon, reply.horizon)
        }
        let sliding = cache.put("sliding", "1", lifetime: .set(Lifetime(idle: 10_000))).written
        let ending = cache.put("ending", "1", lifetime: .set(Lifetime(expiresAt: after(cache, 5000)))).written
        cache.pass(4999)
        let slid = read("sliding")
        #expect(slid.firm == sliding && slid.all > ending)
        cache.pass(1)
        let ended = read("ending")
        #expect(reply.outcome == .miss(.expired))
        #expect(ended.firm == .none && ended.all > slid.all)
        // Others that look at the shard need not wait for either.
        #expect(read("nothing").firm == .none)
        let deleted = cache.delete("sliding").written
        #expect(read("nothing").firm == deleted)
        #expect(read("nothing").all == deleted)
    }

    @Test("keep keeps the lifetime, set replaces it, append leaves it alone")
    func keeping() {
        let cache = Cache()
        let end = after(cache, 5000)
        cache.put("a", "1", lifetime: .set(Lifetime(expiresAt: end, staleWhileRevalidate: 70)))
        #expect(cache.put("a", "2", lifetime: .keep).entry.expiresAt == end)
        #expect(cache.extend("a", "3").entry.freshUntil == end)
        #expect(cache.get("a").entry.staleWhileRevalidate == 70)
        #expect(cache.put("a", "4").entry.freshUntil == .never)
        #expect(cache.put("b", "1", lifetime: .keep).entry.freshUntil == .never)
    }

    @Test("touch changes the lifetime but not the position, and keeps the stale windows")
    func touching() {
        let cache = Cache()
        let written = cache.put(
            "a", "1", lifetime: .set(Lifetime(expiresAt: after(cache, 100), staleWhileRevalidate: 50, staleIfError: 60))
        )
        let touched = cache.touch("a", .lifetime(Lifetime(idle: 300)), wantsValue: true)
        #expect(touched.outcome == .hit)
        #expect(touched.text == "1")
        #expect(touched.entry.position == written.written)
        #expect(touched.entry.idle == 300)
        #expect(touched.entry.staleWhileRevalidate == 50)
        #expect(touched.entry.staleIfError == 60)
        #expect(touched.entry.freshUntil == after(cache, 300))
        #expect(cache.touch("a", .lifetime(.unlimited)).entry.freshUntil == .never)
    }

    @Test("marked stale, an entry serves its windows from then on and no read revives it")
    func stale() {
        let cache = Cache()
        cache.put("a", "1", lifetime: .set(Lifetime(idle: 10_000, staleWhileRevalidate: 100, staleIfError: 500)))
        cache.touch("a", .stale)
        #expect(cache.get("a").outcome == .hit)
        #expect(cache.get("a", acceptsStale: false).outcome == .miss(.expired))
        cache.pass(100)
        #expect(cache.get("a").outcome == .miss(.expired))
        #expect(cache.statistics.entries == 1)
        cache.pass(400)
        cache.maintain()
        #expect(cache.statistics.entries == 0)
        cache.put("b", "1")
        cache.touch("b", .stale)
        #expect(cache.get("b").outcome == .miss(.expired))
    }

    @Test("maintenance takes ended entries out of memory without anybody asking")
    func activeExpiry() {
        let recorder = Recorder()
        let cache = Cache(reader: recorder)
        for number in 0..<20_000 { cache.put("key:\(number)", "value", ttl: Int64(1 + number % 100) * 10) }
        cache.put("stays", "value", ttl: 1_000_000)
        let full = cache.statistics.memoryUsed
        cache.pass(1000)
        for _ in 0..<300 {
            cache.pass(10)
            cache.maintain()
        }
        let statistics = cache.statistics
        #expect(statistics.entries == 1)
        #expect(statistics.expirations == 20_000)
        #expect(statistics.memoryUsed < full / 2)
        #expect(recorder.count == 40_001)
        #expect(cache.get("key:5").outcome == .miss(.expired))
        cache.engine.checkInvariants()
    }
}
