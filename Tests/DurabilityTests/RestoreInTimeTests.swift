import Bytes
import CacheEngine
import CacheModel
import Posix
import TestDepth
import Testing

@testable import Durability

/// D10: any moment comes back as it was, across segments, evictions, expiry and a wall clock that was set back.
@Suite struct `A restore to a moment` {
    private struct Restored {
        var outcome: RestoreOutcome
        var contents: LivedSite.Contents
    }

    private func restore(_ site: borrowing LivedSite, to target: RestoreTarget) throws -> Restored {
        let made = MemoryDisk()
        var restoration = Restoration(source: site.disk, manifest: site.store.current) {
            DiskSite.engine(secret: $0)
        } rehearsalState: {
            DigestState(hashSecret: $0)
        }
        restoration.threads = 2
        let outcome = try restoration.run(
            to: target, into: made, now: Instant(milliseconds: 1_900_000_000_000), lifetimes: .absolute)
        return Restored(outcome: outcome, contents: LivedSite.Contents(try DiskSite.recover(made).state.contents))
    }

    @Test func `gives what the engine held then, and nothing of later`() throws {
        let seed = firstSeed
        var random = SplitMix64(seed: seed)
        for life in 0..<repetitions(1, nightly: 5, release: 20) as Range<UInt64> {
            var site = try LivedSite(seed: seed &+ life)
            try site.live(batches: 500)
            try #require(site.store.current.segments.count > 3 && site.store.current.snapshots.count > 0)
            try #require(site.evicted > 20 && site.expired > 20, "\(site.evicted) evicted, \(site.expired) expired")
            var moments = site.moments
            for _ in 0..<repetitions(20, nightly: 40, release: 50) where !moments.isEmpty {
                let moment = moments.remove(at: Int(random.next() % UInt64(moments.count)))
                try check(site, moment, &random, seed: seed &+ life)
            }
        }
    }

    /// A moment between two batches has times that lead there; one inside a batch has its position alone.
    private func check(
        _ site: borrowing LivedSite, _ moment: LivedSite.Moment, _ random: inout SplitMix64, seed: UInt64
    ) throws {
        var target = RestoreTarget.position(moment.position)
        if let until = moment.until, random.next() & 1 == 0 {
            let room = min(until.since(moment.logTime), 1000)
            target = .time(moment.logTime.advanced(byMilliseconds: Int64(random.next() % UInt64(max(1, room)))))
        }
        let made = try restore(site, to: target)
        #expect(made.contents == moment.contents, "NUTHATCH_SEED=\(seed) \(target)")
        #expect(made.outcome.position == moment.position, "NUTHATCH_SEED=\(seed) \(target)")
        #expect(made.outcome.logTime <= moment.logTime, "NUTHATCH_SEED=\(seed) \(target)")
    }

    @Test func `finds times of the hour that the wall clock went through twice as the log counted them`() throws {
        var site = try LivedSite(seed: 11)
        try site.live(batches: 300)
        let timed = site.moments.filter { $0.until != nil }.sorted { $0.position < $1.position }
        // The log's time never goes back, so later is later also where the wall clock said otherwise.
        for (earlier, later) in zip(timed, timed.dropFirst()) { #expect(earlier.logTime <= later.logTime) }
        let last = try #require(timed.last)
        let first = try #require(timed.first)
        #expect(last.logTime.since(first.logTime) < LivedSite.hour)
        let made = try restore(site, to: .time(last.logTime))
        #expect(made.contents == last.contents)
    }
}
