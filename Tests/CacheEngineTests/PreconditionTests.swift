import CacheEngine
import CacheModel
import Testing

@Suite("Preconditions and versions")
struct PreconditionTests {
    @Test("If-Match on a missing key fails a put, and names nothing")
    func matchMissing() {
        let cache = Cache()
        let answer = cache.put("a", "1", if: Conditions(ifMatch: .any))
        #expect(answer.outcome == .preconditionFailed)
        #expect(answer.entry.position == .none)
        #expect(cache.get("a").isMiss)
    }

    @Test("compare-and-set goes through once")
    func compareAndSet() {
        let cache = Cache()
        let first = cache.put("a", "1").written
        let second = cache.put("a", "2", if: Conditions(ifMatch: .of([first])))
        #expect(second.outcome == .replaced)
        let third = cache.put("a", "3", if: Conditions(ifMatch: .of([first])))
        #expect(third.outcome == .preconditionFailed)
        #expect(third.entry.position == second.written)
        #expect(cache.get("a").text == "2")
    }

    @Test("If-None-Match: * creates only, and only what is missing, ended or past its stale window")
    func createOnly() {
        let cache = Cache()
        let only = Conditions(ifNoneMatch: .any)
        #expect(cache.put("a", "1", if: only).outcome == .created)
        #expect(cache.put("a", "2", if: only).outcome == .preconditionFailed)
        cache.put("b", "1", ttl: 100)
        cache.pass(100)
        #expect(cache.put("b", "2", if: only).outcome == .created)
        let kept = Lifetime(expiresAt: cache.now.advanced(byMilliseconds: 100), staleIfError: 10_000)
        cache.put("c", "1", lifetime: .set(kept))
        cache.pass(100)
        #expect(cache.get("c").outcome == .miss(.expired))
        #expect(cache.put("c", "2", if: only).outcome == .created)
    }

    @Test("an entry inside staleWhileRevalidate is there for conditions, as it is for readers")
    func staleIsThere() {
        let cache = Cache()
        let stale = Lifetime(expiresAt: cache.now, staleWhileRevalidate: 1000)
        let written = cache.put("a", "1", lifetime: .set(stale)).written
        #expect(cache.get("a").outcome == .hit)
        #expect(cache.get("a", acceptsStale: false).outcome == .miss(.expired))
        #expect(cache.put("a", "2", if: Conditions(ifNoneMatch: .any)).outcome == .preconditionFailed)
        #expect(cache.put("a", "2", if: Conditions(ifMatch: .of([written]))).outcome == .replaced)
    }

    @Test("If-Unmodified-Since compares whole seconds, and is ignored beside If-Match and where nothing is")
    func unmodifiedSince() {
        let cache = Cache()
        let written = cache.put("a", "1")
        let second = cache.now.seconds
        #expect(cache.put("a", "2", if: Conditions(ifUnmodifiedSince: second - 1)).outcome == .preconditionFailed)
        #expect(cache.put("b", "2", if: Conditions(ifUnmodifiedSince: 0)).outcome == .created)
        let both = Conditions(ifMatch: .of([written.written]), ifUnmodifiedSince: 0)
        #expect(cache.put("a", "2", if: both).outcome == .replaced)
        #expect(cache.put("a", "3", if: Conditions(ifUnmodifiedSince: second)).outcome == .replaced)
    }

    @Test("what would not have succeeded anyway keeps its own answer")
    func ownAnswer() {
        let cache = Cache()
        let never = Conditions(ifMatch: .of([]))
        #expect(cache.delete("a", if: never).outcome == .miss(.never))
        #expect(cache.touch("a", .stale, if: never).outcome == .miss(.never))
        #expect(cache.truncate("a", to: 0, if: never).outcome == .miss(.never))
        cache.put("a", "12345", version: CallerVersion(value: 5, onlyIfNewer: false))
        #expect(cache.extend("a", "6", maximum: 5, if: never).outcome == .outOfBounds)
        let old = CallerVersion(value: 5, onlyIfNewer: true)
        #expect(cache.put("a", "1", version: old, if: never).outcome == .staleVersion)
        #expect(cache.delete("a", if: never).outcome == .preconditionFailed)
    }

    @Test("only a newer version is stored, and the answer says which one is")
    func versions() {
        let cache = Cache()
        func newer(_ value: UInt64) -> CallerVersion { CallerVersion(value: value, onlyIfNewer: true) }
        #expect(cache.put("a", "5", version: newer(5)).outcome == .created)
        let stale = cache.put("a", "5 again", version: newer(5))
        #expect(stale.outcome == .staleVersion)
        #expect(stale.entry.version == 5)
        #expect(cache.put("a", "plain").entry.version == 5)
        #expect(cache.extend("a", "!").entry.version == 5)
        #expect(cache.put("a", "3", version: CallerVersion(value: 3, onlyIfNewer: false)).entry.version == 3)
        #expect(cache.get("a").entry.version == 3)
    }

    @Test("a versioned delete keeps late writes out for an hour, also when it comes before the write")
    func deletedVersions() {
        let cache = Cache()
        func newer(_ value: UInt64) -> CallerVersion { CallerVersion(value: value, onlyIfNewer: true) }
        #expect(cache.delete("a", version: newer(7)).isMiss)
        #expect(cache.put("a", "6", version: newer(6)).outcome == .staleVersion)
        #expect(cache.put("a", "8", version: newer(8)).outcome == .created)
        #expect(cache.delete("a", version: newer(8)).outcome == .staleVersion)
        #expect(cache.delete("a", version: newer(9)).outcome == .deleted)
        #expect(cache.put("a", "unversioned").entry.version == 9)
        cache.delete("a", version: newer(10))
        cache.pass(Limits.deletedVersionKept)
        #expect(cache.put("a", "1", version: newer(1)).outcome == .created)
        cache.maintain()
        cache.engine.checkInvariants()
    }
}
