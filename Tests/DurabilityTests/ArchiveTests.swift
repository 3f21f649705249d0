import Bytes
import CacheEngine
import CacheModel
import Posix
import TestDepth
import Testing

@testable import Durability

@Suite struct `An archive` {
    private func restore(from root: SimulatedRoot, to target: RestoreTarget) throws -> LivedSite.Contents {
        let volume = try #require(try ArchiveChoice(root).volumes(for: target).first)
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

    @Test func `leaves out a file that is not the one that was closed, and goes on behind it`() throws {
        var archived = try ArchivedSite(seed: 7)
        try archived.site.write(batches: 90)
        let damaged = archived.site.store.current.closedSegments[1].entry
        archived.site.disk[damaged.name][1000] ^= 1
        let (root, notes) = (SimulatedRoot(), Notes())
        let service = ArchivedSite.service(of: archived.site.store, in: root, notes: notes)
        for _ in 0..<2 { #expect(!service.turn()) }
        let note = try #require(notes.all.first)
        #expect(notes.all.count == 1 && note.hasPrefix("not archived in /archive: \(damaged.name), up to byte "))
        #expect(note.contains("Make a snapshot at once"), "\(note)")
        #expect(try ArchiveChoice(root).volumes.map(\.manifest.segments.count) == [1])
        #expect(!service.isArchived(damaged.id) && service.figures.failures == 1)
        // With a snapshot there is something to begin another volume with.
        try archived.site.snapshot()
        try archived.site.write(batches: 60)
        #expect(!service.turn() && notes.all.count == 1)
        #expect(try ArchiveChoice(root).volumes.count == 2)
        #expect(archived.site.store.current.closedSegments.allSatisfy { service.isArchived($0.entry.id) })
        #expect(root.disks.allSatisfy { $0.content(damaged.name) == nil })
        expectSound(root)
        let end = Position(epoch: 1, number: try end(of: root))
        let records = archived.site.ledger.records
        let count = try #require(records.firstIndex { $0.position == end }) + 1
        #expect(try restore(from: root, to: .end) == LivedSite.Contents(archived.site.fold(count)))
    }

    @Test func `leaves out a file that is gone`() throws {
        var archived = try ArchivedSite(seed: 16)
        try archived.site.write(batches: 90)
        let lost = archived.site.store.current.closedSegments[0].entry
        try archived.site.disk.remove(lost.name)
        let notes = Notes()
        let service = ArchivedSite.service(of: archived.site.store, in: archived.root, notes: notes)
        #expect(!service.turn() && notes.all.count == 1 && notes.all[0].contains(lost.name), "\(notes.all)")
        try archived.site.snapshot()
        try archived.site.write(batches: 60)
        #expect(!service.turn() && service.isArchived(lost.id))
        expectSound(archived.root)
    }

    @Test func `is restored from the volume that reaches the time, not from one that has only begun`() throws {
        var archived = try ArchivedSite(seed: 17)
        try archived.live()
        let data = archived.site.store.current
        let base = try #require(data.snapshots.last)
        // As when the machine went while the next volume was being filled.
        let next = SimulatedDisk()
        next.place(base.name, archived.site.disk[base.name])
        try ManifestStore(data.volume(beginningWith: .snapshot(base)), on: next).update { _ in }
        archived.root.put(next, named: "\(data.history.text.prefix(8))-\(base.position.text)")
        let choice = try ArchiveChoice(archived.root)
        try #require(choice.volumes.count == 2)
        let last = try #require(data.closedSegments.last?.closing)
        func start(_ target: RestoreTarget) throws -> [UInt64] {
            try choice.volumes(for: target).map(\.manifest.archivedStart)
        }
        #expect(try start(.end) == [0])
        #expect(try start(.time(last.lastTime)) == [0])
        #expect(try start(.time(.never)) == [0])
        #expect(try start(.time(base.logTime)) == [base.position.number, 0])
        #expect(try start(.position(last.last)) == [0])
        #expect(try start(.position(base.position)) == [base.position.number, 0])
        let end = Position(epoch: 1, number: try end(of: archived.root))
        let count = try #require(archived.site.ledger.records.firstIndex { $0.position == end }) + 1
        #expect(try restore(from: archived.root, to: .end) == LivedSite.Contents(archived.site.fold(count)))
    }

    @Test func `leaves out a damaged snapshot`() throws {
        var archived = try ArchivedSite(seed: 13)
        try archived.site.write(batches: 30)
        try archived.site.snapshot()
        try archived.site.write(batches: 60)
        let name = archived.site.store.current.snapshots[0].name
        archived.site.disk[name][100] ^= 1
        let (root, notes) = (SimulatedRoot(), Notes())
        let service = ArchivedSite.service(of: archived.site.store, in: root, notes: notes)
        #expect(!service.turn() && notes.all.count == 1)
        #expect(notes.all.first?.contains(name) == true)
        // Nothing waits for it, and nothing is kept for it.
        #expect(service.figures.waitingFiles == 0)
        #expect(service.isArchived(archived.site.store.current.snapshots[0].id))
        expectSound(root)
    }

    @Test func `is looked for anew when somebody else has changed or removed the volume`() throws {
        var archived = try ArchivedSite(seed: 8)
        let notes = Notes()
        let first = ArchivedSite.service(of: archived.site.store, in: archived.root, notes: notes)
        try archived.site.write(batches: 60)
        #expect(!first.turn())
        // Another server on a copy of the directory has found the same volume.
        #expect(!archived.service.turn())
        try archived.site.write(batches: 60)
        #expect(first.turn())
        #expect(notes.all.count == 1 && notes.all[0].contains("was changed or removed by another process. Give "))
        let last = try #require(archived.site.store.current.closedSegments.last)
        #expect(!first.isArchived(last.entry.id))
        #expect(!first.turn())
        #expect(first.isArchived(last.entry.id))
        archived.root.removeAll()
        try archived.site.write(batches: 60)
        #expect(first.turn())
        #expect(!first.turn())
        expectSound(archived.root)
        #expect(try end(of: archived.root) == archived.site.store.current.closedSegments.last?.closing.last.number)
    }

    @Test func `gets its last segments at a stop, though a volume was to begin`() throws {
        var archived = try ArchivedSite(seed: 14)
        try archived.live()
        // Due for another volume with its first snapshot, which a stop does not wait for.
        let service = ArchivedSite.service(of: archived.site.store, in: archived.root, volumeAge: 0)
        try archived.site.write(batches: 60)
        #expect(!service.turn(isLast: true))
        #expect(try ArchiveChoice(archived.root).volumes.count == 1)
        #expect(try end(of: archived.root) == archived.site.store.current.closedSegments.last?.closing.last.number)
    }

    @Test func `is read although one of its volumes is damaged, and a server's directory in it is none`() throws {
        var archived = try ArchivedSite(seed: 15)
        try archived.live()
        let (broken, used) = (SimulatedDisk(), SimulatedDisk())
        broken.place(FileNames.manifest, Array("nonsense".utf8))
        let manifest = try #require(archived.root.disks[0].content(FileNames.manifest))
        used.place(FileNames.manifest, manifest)
        used.place(FileNames.mark, [])
        archived.root.put(broken, named: "00000000-1.1")
        archived.root.put(used, named: "00000000-1.2")
        let choice = try ArchiveChoice(archived.root)
        #expect(choice.volumes.count == 1 && choice.flaws.count == 1)
        #expect(choice.flaws[0].hasPrefix("/archive/00000000-1.1 cannot be used: MANIFEST, byte "), "\(choice.flaws)")
        let service = ArchivedSite.service(of: archived.site.store, in: archived.root)
        #expect(!service.turn() && archived.root.disks.count == 3)
    }

    @Test func `of several histories must be told which to restore from`() throws {
        let root = SimulatedRoot()
        for seed in 9...10 as ClosedRange<UInt64> {
            var archived = try ArchivedSite(seed: seed, root: root)
            try archived.live()
        }
        let error = #expect(throws: RestoreError.self) { _ = try ArchiveChoice(root).volumes(for: .end) }
        let text = "\(try #require(error))"
        #expect(text.hasPrefix("/archive holds several histories. Name one of its directories: "), "\(text)")
        for name in try root.names() { #expect(text.contains(name)) }
    }

    @Test func `has nothing for a time before it began`() throws {
        var whole = try ArchivedSite(seed: 12)
        try whole.live()
        let error = #expect(throws: RestoreError.self) {
            _ = try ArchiveChoice(whole.root).volumes(for: .time(Instant(milliseconds: 1)))
        }
        #expect("\(try #require(error))".contains("nothing in /archive leads there"))
    }
}
