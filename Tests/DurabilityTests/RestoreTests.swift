import Bytes
import CacheEngine
import CacheModel
import Posix
import TestDepth
import Testing

@testable import Durability

@Suite struct `A restore` {
    /// Restores into a new directory and gives what a server that starts there would hold.
    private func restore(
        _ site: borrowing DiskSite, to target: RestoreTarget, from disk: MemoryDisk? = nil,
        lifetimes: Restoration.Lifetimes = .absolute, acceptsLoss: Bool = false, manifest: Manifest? = nil
    ) throws -> (outcome: RestoreOutcome, contents: [[UInt8]], manifest: Manifest) {
        let made = MemoryDisk()
        var restoration = Restoration(source: disk ?? site.disk, manifest: manifest ?? site.store.current) {
            DiskSite.engine(secret: $0)
        } rehearsalState: {
            DigestState(hashSecret: $0)
        }
        restoration.threads = 2
        restoration.acceptsLoss = acceptsLoss
        let outcome = try restoration.run(
            to: target, into: made, now: Instant(milliseconds: 2_000_000), lifetimes: lifetimes)
        let recovered = try DiskSite.recover(made)
        return (outcome, recovered.state.contents, recovered.store.current)
    }

    /// A site whose log went over several segments, with two snapshots on the way.
    private func site(seed: UInt64, batches: Int = 40) throws -> DiskSite {
        var site = try DiskSite(MemoryDisk(), seed: seed)
        for part in 0..<3 {
            try site.write(batches: batches)
            if part < 2 { try site.snapshot() }
        }
        return site
    }

    /// How many changes belong to the state at `index`: none for a place inside an atomic group.
    private func isGroupEnd(_ site: borrowing DiskSite, _ index: Int) -> Bool {
        site.ledger.records[index].remaining == 0
    }

    @Test func `to random positions and times is the log folded to there, and nothing later`() throws {
        let seed = firstSeed
        let site = try site(seed: seed)
        #expect(site.store.current.segments.count > 2)
        var random = SplitMix64(seed: seed)
        let records = site.ledger.records
        for _ in 0..<repetitions(10, nightly: 100, release: 500) {
            let index = Int(random.next() % UInt64(records.count))
            guard isGroupEnd(site, index) else { continue }
            let made = try restore(site, to: .position(records[index].position))
            let target = records[index].position
            #expect(made.contents == site.fold(index + 1), "NUTHATCH_SEED=\(seed), position \(target.text)")
            #expect(made.outcome.position == records[index].position)
        }
        let (first, last) = (records[0].time.milliseconds, records[records.count - 1].time.milliseconds)
        for _ in 0..<repetitions(10, nightly: 100, release: 500) {
            let time = Instant(milliseconds: first + Int64(random.next() % UInt64(last - first + 100)))
            let made = try restore(site, to: .time(time))
            let count = records.lastIndex { $0.time <= time && $0.remaining == 0 }.map { $0 + 1 } ?? 0
            #expect(made.contents == site.fold(count), "NUTHATCH_SEED=\(seed), time \(time.milliseconds)")
            #expect(made.outcome.logTime <= time)
        }
    }

    @Test func `begins a new history that a server goes on from behind the restored position`() throws {
        let site = try site(seed: 5)
        let made = try restore(site, to: .end)
        #expect(made.contents == site.state.contents)
        #expect(made.manifest.history != site.store.current.history)
        #expect(made.outcome.position == site.ledger.last)
        let first = try #require(made.manifest.segments.first)
        // A new epoch: what the old history did behind this position must not have the same entity tags.
        #expect(first.first.number == site.ledger.last.number + 1 && first.first.epoch > site.ledger.last.epoch)
    }

    @Test func `inside an atomic group, before the log and into a directory in use is refused`() throws {
        let site = try site(seed: 6)
        let inside = try #require(site.ledger.records.first { $0.remaining > 0 })
        #expect(throws: RestoreError.self) { try restore(site, to: .position(inside.position)) }
        #expect(throws: RestoreError.self) {
            try restore(site, to: .position(Position(epoch: 1, number: site.ledger.last.number + 1)))
        }
        let old = site.store.current.segments.prefix(2).map(\.id)
        try site.store.update { $0.segments.removeAll { old.contains($0.id) } }
        #expect(throws: RestoreError.self) { try restore(site, to: .time(Instant(milliseconds: 1))) }
        let used = MemoryDisk()
        used["something"] = [1]
        let restoration = Restoration(source: site.disk, manifest: site.store.current) {
            DiskSite.engine(secret: $0)
        } rehearsalState: {
            DigestState(hashSecret: $0)
        }
        #expect(throws: RestoreError.self) {
            try restoration.run(to: .end, into: used, now: Instant(milliseconds: 0))
        }
        #expect(try used.names() == ["something"])
    }

    @Test func `can give entries the life they had left`() throws {
        let logged = LoggedEngine()
        var random = SplitMix64(seed: 7)
        logged.write(&random, steps: 1000)
        let end = LogEnd(last: logged.engine.lastPosition, lastTime: Instant(milliseconds: 0))
        let shifted = StillState(logged.engine, at: end, shiftedBy: 5000)
        let (before, after) = (ends(logged.engine.contents), ends(shifted.contents))
        #expect(before.keys == after.keys && before.values.contains { $0 != nil })
        for (key, end) in before { #expect(after[key] == end.map { $0 + 5000 }) }
    }

    @Test func `with shifted lifetimes gives a directory in which each entry has the life it had left`() throws {
        let site = try site(seed: 12)
        let made = try restore(site, to: .end, lifetimes: .shifted(to: Instant(milliseconds: 2_000_000)))
        let shift = 2_000_000 - made.outcome.logTime.milliseconds
        try #require(shift > 0)
        let (before, after) = (ends(site.state.contents), ends(made.contents))
        #expect(before.keys == after.keys && before.values.contains { $0 != nil })
        for (key, end) in before { #expect(after[key] == end.map { $0 + shift }) }
        let absolute = try restore(site, to: .end)
        #expect(ends(absolute.contents) == before)
    }

    @Test func `is rehearsed before it counts`() throws {
        let site = try site(seed: 13)
        let restoration = Restoration(source: site.disk, manifest: site.store.current) {
            DiskSite.engine(secret: $0)
        } rehearsalState: {
            DigestState(hashSecret: $0)
        }
        let spoiled = MemoryDisk(spoilsSyncs: true)
        let error = #expect(throws: RestoreError.self) {
            try restoration.run(to: .end, into: spoiled, now: Instant(milliseconds: 0))
        }
        #expect("\(try #require(error))".contains("\(FileNames.snapshot(1)), byte "))
        #expect(try spoiled.names() == [FileNames.snapshot(1)], "without a manifest nothing counts")
    }

    /// The end of each entry's life; nil for one without.
    private func ends(_ contents: [[UInt8]]) -> [[UInt8]: Int64?] {
        var ends: [[UInt8]: Int64?] = [:]
        for bytes in contents {
            _ = try? SnapshotRecord.readAll(bytes.span) { effect, _ in
                guard case .put(let key, _, _, let state, _) = copy effect else { return }
                let end = state.lifetime.expiresAt
                ends[key.copied()] = end == .never ? .some(nil) : .some(end.milliseconds)
            }
        }
        return ends
    }

    @Test func `uses an older snapshot where the newest is damaged, and says so`() throws {
        let site = try site(seed: 8)
        let newest = try #require(site.store.current.snapshots.last)
        site.disk[newest.name][newest.length / 2] ^= 1
        let made = try restore(site, to: .end)
        #expect(made.contents == site.state.contents)
        #expect(made.outcome.warnings.count == 1 && made.outcome.warnings[0].contains(newest.name))
    }

    @Test func `a start that could not use a snapshot takes back that it was rehearsed`() throws {
        let site = try site(seed: 8)
        let newest = try #require(site.store.current.snapshots.last)
        #expect(site.store.current.snapshots.map(\.isRehearsed) == [true, true])
        site.disk[newest.name][newest.length / 2] ^= 1
        let recovered = try DiskSite.recover(site.disk)
        #expect(recovered.report.snapshot?.id == site.store.current.snapshots[0].id)
        #expect(recovered.store.current.snapshots.map(\.isRehearsed) == [true, false])
        #expect(try ManifestStore.read(from: site.disk)?.snapshots.map(\.isRehearsed) == [true, false])
    }

    @Test func `past damage is refused, and with accepted loss goes exactly as far as the log is sound`() throws {
        let site = try site(seed: 9)
        let damaged = site.store.current.segments[site.store.current.segments.count - 2]
        let offset = try #require(damaged.closing).length / 2
        site.disk[damaged.name][offset] ^= 8
        for snapshot in site.store.current.snapshots { site.disk[snapshot.name][100] ^= 1 }
        #expect(throws: RestoreError.self) { try restore(site, to: .end) }
        let made = try restore(site, to: .end, acceptsLoss: true)
        let count = site.ledger.records.firstIndex { $0.position > made.outcome.position } ?? 0
        #expect(made.contents == site.fold(count))
        #expect(made.outcome.position < damaged.closing!.last && made.outcome.position > damaged.first)
        #expect(made.outcome.warnings.count == 3)
    }

    @Test func `works from the files alone when the manifest is lost`() throws {
        let site = try site(seed: 10)
        try site.disk.remove(FileNames.manifest)
        let rebuilt = try RebuiltManifest.make(from: site.disk)
        let made = try restore(site, to: .end, acceptsLoss: true, manifest: rebuilt)
        #expect(made.contents == site.state.contents)
        #expect(rebuilt.snapshots.map(\.id) == site.store.current.snapshots.map(\.id))
        #expect(rebuilt.segments.map(\.first) == site.store.current.segments.map(\.first))
    }
}

@Suite struct `Looking through a directory` {
    private func check(_ disk: MemoryDisk) -> DirectoryCheck.Findings {
        DirectoryCheck(disk: disk) { DigestState(hashSecret: $0) }.run()
    }

    private func site() throws -> DiskSite {
        var site = try DiskSite(MemoryDisk(), seed: 3)
        try site.write(batches: 60)
        try site.snapshot()
        try site.write(batches: 60)
        return site
    }

    @Test func `that is sound finds nothing, also when the log's beginning was let go`() throws {
        let site = try site()
        let whole = check(site.disk)
        #expect(whole.verdict == .sound, "\(whole.lines)")
        #expect(whole.lines.count == 2)
        let snapshot = site.store.current.snapshots[0]
        try site.store.update { manifest in
            manifest.segments.removeAll { $0.closing.map { $0.last <= snapshot.position } ?? false }
        }
        let late = check(site.disk)
        #expect(late.verdict == .sound, "\(late.lines)")
    }

    @Test func `tells a torn end from damage, with file, offset and position`() throws {
        let site = try site()
        let open = try #require(site.store.current.segments.last)
        // A record begun and not finished.
        let length = site.log.length
        site.disk[open.name] = Array(site.disk[open.name][..<length]) + [9, 9, 9]
        let torn = check(site.disk)
        #expect(torn.verdict == .torn, "\(torn.lines)")
        #expect(torn.lines.contains { $0.hasPrefix("\(open.name), byte \(length): torn behind position") })
        let closed = site.store.current.segments[0]
        site.disk[closed.name][200] ^= 1
        let damaged = check(site.disk)
        #expect(damaged.verdict == .damaged)
        #expect(damaged.lines.contains { $0.hasPrefix("\(closed.name), byte ") })
    }

    /// The manifest closed the segment, and the power went before its file was cut.
    @Test func `names bytes behind the end of a closed segment, which are no damage`() throws {
        let site = try site()
        let open = try #require(site.store.current.segments.last)
        let torn = Array(site.disk[open.name][..<site.log.length]) + [9, 9, 9]
        site.disk[open.name] = torn
        let recovered = try DiskSite.recover(site.disk)
        let entry = try #require(recovered.store.current.segments.dropLast().last)
        let end = try #require(entry.closing).length
        #expect(entry.id == open.id && site.disk[open.name].count == end)
        #expect(check(site.disk).lines.count == 2)
        site.disk[open.name] = torn
        let left = check(site.disk)
        let line = "\(open.name), byte \(end): \(torn.count - end) bytes behind its end do not count"
        #expect(left.verdict == .sound && left.lines.contains(line), "\(left.lines)")
        let sample = (0..<50 as Range<UInt64>).lazy
            .map { SampleCheck(disk: site.disk, seed: $0) { DigestState(hashSecret: $0) }.run() }
            .first { $0.lines.contains(line) }
        #expect(sample?.verdict == .sound)
    }

    @Test func `finds a missing segment, a damaged snapshot and a missing manifest`() throws {
        let site = try site()
        let snapshot = site.store.current.snapshots[0]
        site.disk[snapshot.name][snapshot.length - 30] ^= 1
        #expect(check(site.disk).verdict == .damaged)
        let other = try self.site()
        try other.disk.remove(other.store.current.segments[1].name)
        #expect(check(other.disk).verdict == .damaged)
        try other.disk.remove(FileNames.manifest)
        #expect(check(other.disk).lines == ["/memory has no MANIFEST. \(DirectoryCheck.otherDirectory)"])
    }

    @Test func `maps positions to times in order`() throws {
        let site = try site()
        let rows = try PositionTable(site.store.current, on: site.disk).rows
        #expect(rows.count == site.store.current.segments.count + 1)
        #expect(rows.last?.position == site.ledger.last)
        for (one, next) in zip(rows, rows.dropFirst()) {
            #expect(one.position <= next.position && one.time <= next.time)
        }
    }
}
