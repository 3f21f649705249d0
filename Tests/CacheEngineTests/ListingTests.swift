import Bytes
import CacheEngine
import CacheModel
import Testing

@Suite("Listings")
struct ListingTests {
    @Test("a walk of the table meets every key that stays, though the table grows and shrinks meanwhile")
    func tableWalk() {
        let cache = Cache()
        for number in 0..<3000 { cache.put("stays:\(number)", "value") }
        var seen: Set<String> = []
        var cursor: UInt64?
        var pages = 0
        repeat {
            let page = cache.list(prefix: "stays:", cursor: cursor, limit: 100)
            #expect(page.outcome == .page)
            for row in page.rows { seen.insert(row.keyText) }
            cursor = page.nextCursor
            pages += 1
            for number in 0..<500 { cache.put("passes:\(pages):\(number)", "value") }
            if pages > 3 { for number in 0..<500 { cache.delete("passes:\(pages - 3):\(number)") } }
            #expect(page.rows.count <= 110)
        } while cursor != nil && pages < 1000
        #expect(seen.count == 3000)
    }

    @Test("a page with a rare prefix ends when it has looked at enough")
    func budget() {
        let cache = Cache()
        for number in 0..<30_000 { cache.put("key:\(number)", "value") }
        let page = cache.list(prefix: "none:")
        #expect(page.rows.isEmpty)
        #expect(page.nextCursor != nil)
    }

    @Test("rows say what an entry is, but not its value; what has ended is left out")
    func rows() {
        let cache = Cache(orderedKeys: true)
        let written = cache.put("a", "value", fields: [1, 0])
        cache.put("b", "value", ttl: 10)
        cache.pass(10)
        for ordered in [false, true] {
            let page = cache.list(ordered: ordered)
            #expect(page.rows.count == 1)
            #expect(page.rows[0].keyText == "a")
            #expect(page.rows[0].fields == [1, 0])
            #expect(page.rows[0].value.isEmpty)
            #expect(page.rows[0].info.position == written.written)
            #expect(page.rows[0].info.valueCount == 5)
            #expect(page.nextCursor == nil)
        }
    }

    @Test("order without the index is not answered")
    func notIndexed() {
        #expect(Cache().list(ordered: true).outcome == .notIndexed)
    }

    /// Pages through an ordered listing while `between` changes the cache.
    private func pages(
        _ cache: Cache, prefix: String = "", start: String = "", end: String = "", delimiter: String = "", limit: Int,
        between: (Int) -> Void = { _ in }
    ) -> [String] {
        var keys: [String] = []
        var after: [UInt8] = []
        for round in 0..<10_000 {
            let page = cache.list(
                prefix: prefix, ordered: true, start: start, end: end, delimiter: delimiter, after: after,
                limit: limit)
            #expect(page.rows.count <= limit)
            keys.append(contentsOf: page.rows.map { $0.keyText + ($0.isPrefix ? "…" : "") })
            guard page.nextCursor != nil, let last = page.rows.last else { break }
            after = last.key
            between(round)
        }
        return keys
    }

    @Test("ordered pages hold each key that stays exactly once, in byte order", arguments: [1, 7, 100, 1000])
    func ordered(_ limit: Int) {
        let cache = Cache(shards: 8, orderedKeys: true)
        var random = SplitMix64(seed: 3)
        var expected: Set<String> = []
        for _ in 0..<2000 { expected.insert("k\(random.next() % 1_000_000)") }
        for key in expected { cache.put(key, "value") }
        let seen = pages(cache, prefix: "k", limit: limit) { round in
            cache.put("k\(random.next() % 1_000_000)x", "new")
            cache.put("j\(round)", "other")
        }
        #expect(seen == seen.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) })
        #expect(Set(seen).count == seen.count)
        #expect(expected.isSubset(of: Set(seen)))
        cache.engine.checkInvariants()
    }

    @Test("start, end and prefix bound a page")
    func bounds() {
        let cache = Cache(orderedKeys: true)
        for key in ["a", "b", "ba", "bb", "bc", "c"] { cache.put(key, "value") }
        #expect(pages(cache, start: "b", end: "bc", limit: 2) == ["b", "ba", "bb"])
        #expect(pages(cache, prefix: "b", limit: 1) == ["b", "ba", "bb", "bc"])
        #expect(pages(cache, prefix: "b", start: "bb", limit: 10) == ["bb", "bc"])
        #expect(pages(cache, prefix: "x", limit: 10) == [])
    }

    @Test("a delimiter folds deeper keys into one row each, across pages and shards", arguments: [1, 2, 3, 100])
    func folding(_ limit: Int) {
        let cache = Cache(shards: 8, orderedKeys: true)
        for number in 0..<50 { cache.put("img/a/\(number)", "value") }
        for number in 0..<50 { cache.put("img/b/\(number)", "value") }
        for key in ["img/", "img/a", "img/b", "img/a0", "imh"] { cache.put(key, "value") }
        let folded = pages(cache, prefix: "img/", delimiter: "/", limit: limit)
        #expect(folded == ["img/", "img/a", "img/a/…", "img/a0", "img/b", "img/b/…"])
        #expect(pages(cache, delimiter: "/", limit: limit) == ["img/…", "imh"])
    }
}
