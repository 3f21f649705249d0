import Bytes
import CacheEngine
import CacheModel
import Posix
import TestDepth
import Testing

@testable import Durability

@Suite struct `An archive` {
    private func restore(from root: SimulatedRoot, to target: RestoreTarget) throws -> LivedSite.Contents {
        let volume = try ArchiveChoice(root).volume(for: target)
        var restoration = Restoration(source: volume.disk, manifest: volume.manifest) {
            DiskSite.engine(secret: $0)
        } rehearsalState: {
            DigestState(hashSecret: $0)
        }
        restoration.threads = 2
        let made = MemoryDisk()
        _ = try restoration.run(to: target, into: made, now: Instant(milliseconds: 1_900_000_000_000))
        return LivedSite.Contents(try DiskSite.recover(made).state.contents)
    }

    /// Every volume by itself.
    private func expectSound(_ root: SimulatedRoot, _ comment: Comment? = nil) {
        for disk in root.disks where disk.content(FileNames.manifest) != nil {
            let findings = DirectoryCheck(disk: disk) { DigestState(hashSecret: $0) }.run()
            #expect(findings.verdict == .sound, comment ?? "\(findings.lines)")
        }
    }

    private func end(of root: SimulatedRoot) throws -> UInt64 {
        try ArchiveChoice(root).volumes.map(\.manifest.archivedEnd).max() ?? 0
    }

    @Test func `brings back every moment, although the data directory lets go of its files`() throws {
        let seed = firstSeed
        var site = try LivedSite(seed: seed)
        let (root, notes) = (SimulatedRoot(), Notes())
        let service = ArchivedSite.service(of: site.store, in: root, volumeAge: 2500, notes: notes)
        for _ in 0..<4 {
            try site.live(batches: 60)
            service.turn()
            try ArchivedSite.letGo(site.store, archivedBy: service)
        }
        try #require(try ArchiveChoice(root).volumes.count > 2, "NUTHATCH_SEED=\(seed)")
        let kept = site.store.current
        try #require(!kept.hasWholeLog && kept.snapshots.count < 4, "NUTHATCH_SEED=\(seed)")
        expectSound(root)
        let end = try end(of: root)
        #expect(end == kept.closedSegments.last?.closing.last.number)
        var random = SplitMix64(seed: seed)
        var moments = site.moments.filter { $0.position.number <= end }
        for _ in 0..<repetitions(8, nightly: 100, release: 200) where !moments.isEmpty {
            let moment = moments.remove(at: Int(random.next() % UInt64(moments.count)))
            let isTimed = moment.until != nil && random.next() & 1 == 0 && moment.position.number < end
            let target: RestoreTarget = isTimed ? .time(moment.logTime) : .position(moment.position)
            let made = try restore(from: root, to: target)
            #expect(made == moment.contents, "NUTHATCH_SEED=\(seed) \(target)")
        }
        #expect(notes.all.isEmpty)
    }

    @Test func `holds back the files that it does not have yet`() throws {
        var archived = try ArchivedSite(seed: 3)
        for _ in 0..<2 {
            try archived.site.write(batches: 60)
            try archived.site.snapshot()
        }
        try archived.site.write(batches: 60)
        let before = archived.site.store.current
        try ArchivedSite.letGo(archived.site.store, archivedBy: archived.service)
        #expect(archived.site.store.current == before)
        archived.service.turn()
        #expect(archived.service.figures.waitingFiles == 0 && archived.service.figures.bytes > 0)
        try ArchivedSite.letGo(archived.site.store, archivedBy: archived.service)
        #expect(archived.site.store.current.segments.count < before.segments.count)
    }

    @Test func `is sound after a loss of power at any call, and goes on`() throws {
        var whole = try ArchivedSite(seed: 5)
        try whole.live()
        let calls = whole.root.disks.map(\.calls).reduce(0, +)
        try #require(calls > 20)
        for call in 0..<calls {
            let root = SimulatedRoot { $0.failPower(after: call) }
            var random = SplitMix64(seed: firstSeed &+ UInt64(call))
            let service = ArchivedSite.service(of: whole.site.store, in: root)
            #expect(service.turn(), "call \(call)")
            for disk in root.disks { disk.losePower(&random) }
            expectSound(root, "call \(call), NUTHATCH_SEED=\(firstSeed)")
            let next = ArchivedSite.service(of: whole.site.store, in: root)
            #expect(!next.turn(), "call \(call)")
            expectSound(root, "call \(call), NUTHATCH_SEED=\(firstSeed)")
            #expect(try end(of: root) == end(of: whole.root))
            #expect(whole.site.store.current.closedSegments.allSatisfy { next.isArchived($0.entry.id) })
        }
    }

    @Test func `says once that it has no room, and when it goes on`() throws {
        var whole = try ArchivedSite(seed: 6)
        try whole.live()
        let notes = Notes()
        let root = SimulatedRoot { $0.limit(to: 20_000) }
        let service = ArchivedSite.service(of: whole.site.store, in: root, notes: notes)
        for _ in 0..<3 { #expect(service.turn()) }
        #expect(notes.all.count == 1, "\(notes.all)")
        #expect(notes.all.first?.hasPrefix("not archived in /archive, tried again until it is: ") == true)
        #expect(notes.all.first?.hasSuffix(". Make room on the disk, or raise the quota") == true, "\(notes.all)")
        #expect(service.figures.failures == 3 && service.figures.waitingFiles > 0)
        expectSound(root)
        for disk in root.disks { disk.limit(to: nil) }
        #expect(!service.turn())
        #expect(notes.all.count == 2 && notes.all.last == "the archive in /archive goes on")
        #expect(service.figures.waitingFiles == 0)
        #expect(try end(of: root) == end(of: whole.root))
    }

    @Test func `does not take a file that is not the one that was closed`() throws {
        var whole = try ArchivedSite(seed: 7)
        try whole.live()
        let entry = whole.site.store.current.closedSegments[1].entry
        whole.site.disk[entry.name][1000] ^= 1
        let notes = Notes()
        let root = SimulatedRoot()
        let service = ArchivedSite.service(of: whole.site.store, in: root, notes: notes)
        #expect(service.turn())
        let note = try #require(notes.all.first)
        #expect(note.contains("\(entry.name), up to byte ") && note.contains("Make a snapshot at once"), "\(note)")
        #expect(!service.isArchived(entry.id))
        #expect(try ArchiveChoice(root).volumes.map(\.manifest.segments.count) == [1])
        #expect(root.disks.allSatisfy { $0.content(entry.name) == nil })
        expectSound(root)
    }

    @Test func `is not written to by two servers that began with one directory`() throws {
        var archived = try ArchivedSite(seed: 8)
        try archived.live()
        let notes = Notes()
        let other = ArchivedSite.service(of: archived.site.store, in: archived.root, notes: notes)
        #expect(!other.turn())
        try archived.live()
        #expect(other.turn())
        #expect(notes.all.count == 1 && notes.all[0].contains("another process changes it. Give each server "))
        let last = try #require(archived.site.store.current.closedSegments.last)
        #expect(archived.service.isArchived(last.entry.id) && !other.isArchived(last.entry.id))
        expectSound(archived.root)
    }

    @Test func `of several histories must be told which to restore from`() throws {
        let root = SimulatedRoot()
        for seed in 9...10 as ClosedRange<UInt64> {
            var archived = try ArchivedSite(seed: seed, root: root)
            try archived.live()
        }
        let error = #expect(throws: RestoreError.self) { _ = try ArchiveChoice(root).volume(for: .end) }
        let text = "\(try #require(error))"
        #expect(text.hasPrefix("/archive holds several histories. Name one of its directories: "), "\(text)")
        for name in try root.names() { #expect(text.contains(name)) }
    }

    @Test func `has nothing for a time before it began`() throws {
        var whole = try ArchivedSite(seed: 12)
        try whole.live()
        let error = #expect(throws: RestoreError.self) {
            _ = try ArchiveChoice(whole.root).volume(for: .time(Instant(milliseconds: 1)))
        }
        #expect("\(try #require(error))".contains("later than this"))
    }
}
