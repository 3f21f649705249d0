import Bytes
import CacheEngine
import CacheModel
import Posix
import Synchronization
import Testing

@testable import Durability

@Suite struct `Looking through a sample` {
    private func check(_ disk: any Disk, seed: UInt64) -> DirectoryCheck.Findings {
        SampleCheck(disk: disk, seed: seed) { DigestState(hashSecret: $0) }.run()
    }

    /// More closed segments than a sample has, and two snapshots.
    private func site() throws -> DiskSite {
        var site = try DiskSite(MemoryDisk(), seed: 3)
        for part in 0..<4 {
            try site.write(batches: 60)
            if part < 2 { try site.snapshot() }
        }
        return site
    }

    private func closed(_ site: borrowing DiskSite) -> [SegmentEntry] {
        site.store.current.segments.filter { $0.closing != nil }
    }

    @Test func `of a sound directory finds nothing, says the seed and does the same again`() throws {
        let site = try site()
        let all = closed(site).count
        #expect(all > SampleCheck.segments)
        for seed in 1...10 as ClosedRange<UInt64> {
            let found = check(site.disk, seed: seed)
            #expect(found.verdict == .sound, "\(found.lines)")
            #expect(found.lines.last == "looked at 4 of \(all) closed segments and 1 of 2 snapshots, seed \(seed)")
            #expect(found.lines.count == 6)
            #expect(check(site.disk, seed: seed).lines == found.lines)
        }
    }

    @Test func `comes round to every file`() throws {
        let site = try site()
        let names = closed(site).map(\.name) + site.store.current.snapshots.map(\.name)
        for name in names {
            let good = site.disk[name]
            site.disk[name][good.count * 2 / 3] ^= 4
            let told = (0..<100 as Range<UInt64>).first { check(site.disk, seed: $0).verdict == .damaged }
            #expect(told != nil, "\(name) is never looked at")
            if let told {
                let lines = check(site.disk, seed: told).lines
                #expect(lines.contains { $0.hasPrefix("\(name), byte ") }, "\(lines)")
            }
            site.disk[name] = good
        }
    }

    /// A server that began on a restored directory, or behind a loss, and stopped in order before the first change.
    @Test func `takes an empty first segment for sound, which an earlier epoch lies before`() throws {
        let disk = MemoryDisk()
        let end = LogEnd(last: Position(epoch: 1, number: 40), lastTime: Instant(milliseconds: 1000))
        let state = FoldedState(last: end.last)
        let file = try disk.create(FileNames.snapshot(1))
        var manifest = Manifest(history: .random(), hashSecret: (1, 2), epoch: 1, start: .none)
        #expect(manifest.takeFile() == 1)
        let still = StillState(state, at: end, shiftedBy: 0)
        let writer = SnapshotWriter(file: file, state: still, log: still, of: manifest, progress: SnapshotProgress())
        let summary = try writer.write(wallTime: end.lastTime, threads: 1, level: 1)
        manifest.snapshots = [summary.entry(id: 1, madeAt: end.lastTime, isRehearsed: true)]
        try ManifestStore(manifest, on: disk).update { _ in }
        let recovered = try recover(disk)
        let store = recovered.store
        let closing = recovered.takeLog().takeWriter().closing
        try store.update { $0.segments[0].closing = closing }
        #expect(closing.last == end.last && store.current.segments[0].first.epoch == 2)
        let found = check(disk, seed: 1)
        #expect(found.verdict == .sound, "\(found.lines)")
        #expect(found.lines.last?.hasPrefix("looked at 1 of 1 closed") == true)
    }

    @Test func `does not look at what is being written`() throws {
        let site = try site()
        let open = try #require(site.store.current.segments.last)
        #expect(open.closing == nil)
        site.disk[open.name] = [1, 2, 3]
        for seed in 1...20 as ClosedRange<UInt64> { #expect(check(site.disk, seed: seed).verdict == .sound) }
    }

    @Test func `tells a file that is missing from one that was let go meanwhile`() throws {
        let site = try site()
        let first = closed(site)[0]
        let missing = site.disk[first.name]
        try site.disk.remove(first.name)
        let damaged = (0..<100 as Range<UInt64>).map { check(site.disk, seed: $0) }.filter { $0.verdict == .damaged }
        #expect(!damaged.isEmpty)
        #expect(damaged.allSatisfy { $0.lines.contains { $0.contains("\(first.name), byte 0") } })
        site.disk[first.name] = missing

        let store = site.store
        // As soon as the sample opens a file of the log, retention lets the first segment go.
        let disk = InterruptedDisk(site.disk) {
            try? store.update { manifest in manifest.segments.removeAll { $0.name == first.name } }
            try? store.disk.remove(first.name)
        }
        let seed = try #require(
            (0..<100 as Range<UInt64>).first { seed in
                check(site.disk, seed: seed).lines.contains { $0.hasPrefix("\(first.name): sound") }
            })
        let found = check(disk, seed: seed)
        #expect(found.verdict == .sound, "\(found.lines)")
        #expect(found.lines.contains("\(first.name) was removed meanwhile"))
    }

    @Test func `without a manifest says so`() throws {
        let lines = check(MemoryDisk(), seed: 1).lines
        #expect(lines == ["/memory has no MANIFEST. \(DirectoryCheck.otherDirectory)"])
    }
}

/// A disk on which something happens when the first segment is opened.
private final class InterruptedDisk: Disk {
    private let disk: MemoryDisk
    private let event: Mutex<(@Sendable () -> Void)?>

    init(_ disk: MemoryDisk, _ event: @escaping @Sendable () -> Void) {
        self.disk = disk
        self.event = Mutex(event)
    }

    var path: String { disk.path }

    func openForReading(_ name: String) throws(SystemError) -> any DiskFile {
        if name.hasPrefix("log-") {
            let event = event.withLock { event in
                defer { event = nil }
                return event
            }
            event?()
        }
        return try disk.openForReading(name)
    }

    func create(_ name: String) throws(SystemError) -> any DiskFile { try disk.create(name) }
    func openForWriting(_ name: String) throws(SystemError) -> any DiskFile { try disk.openForWriting(name) }
    func rename(_ source: String, to target: String) throws(SystemError) { try disk.rename(source, to: target) }
    func remove(_ name: String) throws(SystemError) { try disk.remove(name) }
    func syncDirectory() throws(SystemError) { try disk.syncDirectory() }
    func names() throws(SystemError) -> [String] { try disk.names() }
    func space() throws(SystemError) -> (free: Int, total: Int) { try disk.space() }
    func lock() throws(SystemError) { try disk.lock() }
    func lockForReading() throws(SystemError) { try disk.lockForReading() }
}
