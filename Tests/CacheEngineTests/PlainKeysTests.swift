import CacheModel
import Testing

@Suite("Plain keys")
struct PlainKeysTests {
    @Test("a stored value comes back byte for byte with its position and fields")
    func roundTrip() {
        let cache = Cache()
        let written = cache.put("a", "one", fields: [1, 0])
        #expect(written.outcome == .created)
        let read = cache.get("a")
        #expect(read.outcome == .hit)
        #expect(read.text == "one")
        #expect(read.fields == [1, 0])
        #expect(read.entry.position == written.written)
        #expect(read.entry.modifiedAt == cache.now)
        #expect(read.entry.freshUntil == .never)
        #expect(cache.put("a", "two").outcome == .replaced)
        #expect(cache.get("a").text == "two")
    }

    @Test("a value of any length, empty to large, grows and shrinks in place and out of it")
    func lengths() {
        let cache = Cache()
        for length in [0, 1, 7, 100, 99, 2047, 2048, 2049, 5000, 300_000, 2049, 2048, 3, 0] {
            let value = [UInt8](repeating: UInt8(truncatingIfNeeded: length), count: length)
            cache.put([7], value)
            let read = cache.get([7])
            #expect(read.value == value)
            #expect(read.entry.valueCount == length)
        }
        #expect(cache.statistics.payload == 1)
    }

    @Test("a deleted key is gone, says so, and deleting it again is a miss")
    func deletion() {
        let cache = Cache()
        #expect(cache.get("a").outcome == .miss(.never))
        cache.put("a", "one")
        let deleted = cache.delete("a", wantsPrevious: true)
        #expect(deleted.outcome == .deleted)
        #expect(deleted.text == "one")
        let read = cache.get("a")
        #expect(read.outcome == .miss(.deleted))
        #expect(read.missedAt == cache.now)
        #expect(cache.delete("a").outcome == .miss(.deleted))
    }

    @Test("get-and-set gives what was there")
    func previous() {
        let cache = Cache()
        #expect(cache.put("a", "one", wantsPrevious: true).outcome == .created)
        let replaced = cache.put("a", "two", wantsPrevious: true)
        #expect(replaced.outcome == .replaced)
        #expect(replaced.text == "one")
        #expect(replaced.written > replaced.entry.position)
    }

    @Test("no entry is served past its end")
    func expiry() {
        let cache = Cache()
        cache.put("a", "one", ttl: 1000)
        cache.pass(999)
        #expect(cache.get("a").outcome == .hit)
        cache.pass(1)
        let read = cache.get("a")
        #expect(read.outcome == .miss(.expired))
        #expect(read.missedAt == cache.now)
        #expect(cache.statistics.entries == 0)
    }

    @Test("a hundred thousand keys are all found")
    func many() {
        let cache = Cache()
        for number in 0..<100_000 { cache.put("key:\(number)", "value \(number)") }
        #expect(cache.statistics.entries == 100_000)
        for number in stride(from: 0, to: 100_000, by: 7) {
            #expect(cache.get("key:\(number)").text == "value \(number)")
        }
    }
}
