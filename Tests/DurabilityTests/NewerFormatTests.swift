import Bytes
import CacheEngine
import CacheModel
import Testing

@testable import Durability

/// What a newer version wrote is refused with a word that says so, by everything that reads a data directory, also
/// where loss is accepted: that version reads all of it.
@Suite struct `A directory that a newer version has used` {
    /// Segments that are closed and one that is open, a snapshot, and a log behind it.
    private func site(_ newer: NewerFile) throws -> (disk: MemoryDisk, manifest: Manifest, file: String) {
        var site = try DiskSite(MemoryDisk(), seed: 21)
        try site.write(batches: 40)
        try site.snapshot()
        try site.write(batches: 40)
        while site.log.length < 1000 { try site.write(batches: 1) }
        let manifest = site.store.current
        try #require(manifest.segments.count > 2 && manifest.segments.last?.closing == nil)
        let file = newer.name(manifest)
        let before = site.disk[file]
        try newer.change(&site.disk[file])
        try #require(site.disk[file] != before)
        return (site.disk, manifest, file)
    }

    private func check(_ message: String, _ newer: NewerFile, in file: String) {
        #expect(message.hasPrefix("\(file), byte "), "\(message)")
        let end = ": written by a newer version of Nuthatch (\(newer.what)). Use that version or a newer one"
        #expect(message.hasSuffix(end), "\(message)")
        #expect(!message.contains("loss"))
    }

    private func check(
        _ newer: NewerFile, in file: String, _ body: () throws -> Void,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try body() }
        if let error { check("\(error)", newer, in: file) }
    }

    @Test(arguments: NewerFile.all)
    func `is refused by a start, which changes nothing`(newer: NewerFile) throws {
        let (disk, _, file) = try site(newer)
        let names = try disk.names()
        check(newer, in: file) { _ = try DiskSite.recover(disk) }
        #expect(try disk.names() == names)
    }

    @Test(arguments: NewerFile.all)
    func `is not called sound or damaged by verify`(newer: NewerFile) throws {
        let (disk, _, file) = try site(newer)
        let found = DirectoryCheck(disk: disk) { DigestState(hashSecret: $0) }.run()
        #expect(found.verdict == .newer && found.verdict.exitCode == 2, "\(found.lines)")
        check(try #require(found.lines.first { $0.hasPrefix(file) }), newer, in: file)
    }

    @Test(arguments: NewerFile.all.filter(\.isInHead))
    func `is not called sound or damaged by a sample`(newer: NewerFile) throws {
        let (disk, _, file) = try site(newer)
        let found = SampleCheck(disk: disk, seed: 1) { DigestState(hashSecret: $0) }.run()
        #expect(found.verdict == .newer, "\(found.lines)")
        check(try #require(found.lines.first), newer, in: file)
    }

    @Test(arguments: NewerFile.all)
    func `gives no positions and is not restored, loss accepted or not`(newer: NewerFile) throws {
        let (disk, manifest, file) = try site(newer)
        if newer.isInHead { return check(newer, in: file) { _ = try KnownFormats.manifest(of: disk) } }
        if file.hasPrefix("log-") { check(newer, in: file) { _ = try PositionTable(manifest, on: disk) } }
        for acceptsLoss in [false, true] {
            check(newer, in: file) { try restore(disk, manifest, acceptsLoss: acceptsLoss) }
        }
    }

    @Test(arguments: NewerFile.all.filter { $0.what != "format 2, here up to 1" })
    func `is not rebuilt from its files when the manifest is lost`(newer: NewerFile) throws {
        let (disk, _, file) = try site(newer)
        try disk.remove(FileNames.manifest)
        check(newer, in: file) {
            try restore(disk, try RebuiltManifest.make(from: disk), acceptsLoss: true)
        }
    }

    private func restore(_ disk: MemoryDisk, _ manifest: Manifest, acceptsLoss: Bool) throws {
        var restoration = Restoration(source: disk, manifest: manifest) {
            DiskSite.engine(secret: $0)
        } rehearsalState: {
            DigestState(hashSecret: $0)
        }
        restoration.threads = 2
        restoration.acceptsLoss = acceptsLoss
        _ = try restoration.run(to: .end, into: MemoryDisk(), now: Instant(milliseconds: 0))
    }

    @Test func `is told from one in which a bit of a format's number flipped`() throws {
        var site = try DiskSite(MemoryDisk(), seed: 22)
        try site.write(batches: 40)
        try site.snapshot()
        let manifest = site.store.current
        for (name, byte) in [
            (FileNames.manifest, 18), (manifest.segments[0].name, 8), (manifest.segments[0].name, 12),
            (manifest.snapshots[0].name, 24),
        ] {
            site.disk[name][byte] ^= 2
            let found = DirectoryCheck(disk: site.disk) { DigestState(hashSecret: $0) }.run()
            #expect(found.verdict == .damaged, "\(name) \(byte) \(found.lines)")
            site.disk[name][byte] ^= 2
        }
        site.disk[FileNames.mark][8] ^= 2
        #expect(try MarkFile.read(of: manifest.history, on: site.disk) != nil, "the other slot")
    }
}
