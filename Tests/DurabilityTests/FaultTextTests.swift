import Bytes
import CacheEngine
import CacheModel
import Foundation
import Posix
import Synchronization
import Testing

@testable import Durability

/// Everything that goes wrong on disk names the file, the byte where there is one, and what to do.
@Suite struct `What is said of a fault on disk` {
    /// How advice begins.
    private static let verbs = [
        "Ask", "Give", "Look", "Make", "Mount", "Move", "Name", "Nothing", "Raise", "Restore", "See", "Stop", "Use",
        "A start",
    ]

    private func check(
        _ text: String, names file: String?, hasOffset: Bool, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        if let file { #expect(text.contains(file), "no file: \(text)", sourceLocation: sourceLocation) }
        if hasOffset { #expect(text.contains(/byte \d+/), "no offset: \(text)", sourceLocation: sourceLocation) }
        let sentences = text.split(separator: ". ").dropFirst()
        let isAdvised = sentences.contains { sentence in Self.verbs.contains { sentence.hasPrefix("\($0) ") } }
        #expect(isAdvised, "no advice: \(text)", sourceLocation: sourceLocation)
    }

    // MARK: Errors, case by case

    private static let place = Position(epoch: 1, number: 5)
    private static let file = FileNames.segment(1)
    private static let failed = SystemError(code: EIO, call: "pread /data/\(file), byte 4096")

    private static let recoveryErrors: [RecoveryError] = [
        .system(failed), .locked("/data"), .manifest(.line(3), offset: 40), .noManifest(file: file),
        .damage(LogDamage(SegmentEntry(id: 1, first: place), at: 64, reason: "the record is cut off")),
        .newer(NewerFormat(file: file, offset: 8, format: 2, known: 1)),
        .digest(file: file, offset: 64, position: place),
        .lostTail(file: file, offset: 64, first: place, last: place),
        .noBase(["\(FileNames.snapshot(2)), byte 0: the block cannot be unpacked"]),
        .unreachable("there is no record at position 1.5"), .nothingLeft("/data"), .resources("no thread"),
    ]

    /// What each kind of error must name; one that is new must be given a place here and in the samples above.
    private func expectation(of error: RecoveryError) -> (file: String?, hasOffset: Bool) {
        switch error {
        case .system, .damage, .newer, .digest, .lostTail: (Self.file, true)
        case .manifest: ("MANIFEST", true)
        case .noBase: (FileNames.snapshot(2), true)
        case .noManifest: (Self.file, false)
        case .locked, .nothingLeft: ("/data", false)
        // No file is at fault.
        case .unreachable, .resources: (nil, false)
        }
    }

    @Test(arguments: recoveryErrors)
    func `is whole for every error of a start, a check and a restore`(error: RecoveryError) {
        let (file, hasOffset) = expectation(of: error)
        check("\(error)", names: file, hasOffset: hasOffset)
        check("\(RestoreError.recovery(error))", names: file, hasOffset: hasOffset)
    }

    private static let flaws: [SnapshotFlaw] = [
        .short, .long, .form, .checksum, .gzip, .kind(9), .order, .version(2), .record(.short), .counts,
        .digest(1, expected: 2), .file, .memory,
    ]

    @Test(arguments: flaws)
    func `is whole for every flaw of a snapshot`(flaw: SnapshotFlaw) throws {
        let disk = MemoryDisk()
        disk["snapshot"] = [1]
        let reader = try SnapshotReader(try disk.openForReading("snapshot"), name: "snapshot", position: Self.place)
        let failure = reader.failure(flaw, at: 77)
        check("\(failure)", names: "snapshot", hasOffset: true)
        check("\(RestoreError.snapshot(failure))", names: "snapshot", hasOffset: true)
        if !failure.isNewer { #expect("\(failure)".hasPrefix("snapshot, byte 77, the state at position 1.5: ")) }
    }

    @Test func `is whole for every other failure of a snapshot and a restore`() {
        check("\(SnapshotFailure.disk(Self.failed))", names: Self.file, hasOffset: true)
        for failure in [.log("the log has failed"), .cancelled, .resources("no thread")] as [SnapshotFailure] {
            check("\(failure)", names: nil, hasOffset: false)
        }
        check("\(RestoreError.system(Self.failed))", names: Self.file, hasOffset: true)
        check("\(RestoreError.notEmpty("/data"))", names: "/data", hasOffset: false)
    }

    @Test func `has advice of its own for the errors that disks give`() {
        let codes = [
            ENOSPC, EDQUOT, EFBIG, EIO, EROFS, EACCES, EPERM, ENOENT, ENOTDIR, EEXIST, EMFILE, ENFILE, ENOMEM,
        ]
        let other = SystemError(code: EBADF, call: "").advice
        for code in codes { #expect(SystemError(code: code, call: "").advice != other, "\(code)") }
    }

    @Test(
        arguments: [
            ("epoch 2", "epoch 65536", "epoch"), ("rehearsed=1", "rehearsed=1 x=1", "snapshot id=4"),
            ("id=5", "id=6", "segment id=6"), ("first=2.11", "first=2.12", "segment id=3"),
            ("position=1.9", "position=1.4", "snapshot id=4"), ("", "", "crc32c"),
        ])
    func `names the line of the manifest by its first byte`(from: String, to: String, line: String) throws {
        let disk = MemoryDisk()
        var body = String(sampleManifest.text.dropLast(16))
        if !from.isEmpty { body = body.replacing(from, with: to) }
        let sum = CRC32C.of(Array(body.utf8).span) &+ (from.isEmpty ? 1 : 0)
        let text = "\(body)crc32c \(sum.hexText)\n"
        disk[FileNames.manifest] = Array(text.utf8)
        let error = try #require(throws: RecoveryError.self) { try KnownFormats.manifest(of: disk) }
        check("\(error)", names: "MANIFEST", hasOffset: true)
        let start = try #require(text.range(of: "\n\(line)")).lowerBound
        let offset = text.utf8.distance(from: text.startIndex, to: start) + 1
        #expect("\(error)".hasPrefix("MANIFEST, byte \(offset): "), "\(error), not \(offset)")
    }

    // MARK: Faults, found

    private func site() throws -> DiskSite {
        var site = try DiskSite(MemoryDisk(), seed: 31)
        try site.write(batches: 40)
        try site.snapshot()
        try site.write(batches: 40)
        while !holdsDigest(site) { try site.write(batches: 1) }
        return site
    }

    private func holdsDigest(_ site: borrowing DiskSite) -> Bool {
        guard let open = site.store.current.segments.last else { return false }
        return NewerFile.offset(ofLast: { $0.kind == .digest }, in: site.disk[open.name]) != nil
    }

    private func verify(_ disk: MemoryDisk) -> [String] {
        DirectoryCheck(disk: disk) { DigestState(hashSecret: $0) }.run().lines
    }

    @Test func `is whole where the log ends before what was synced`() throws {
        let site = try site()
        let open = try #require(site.store.current.segments.last).name
        let end = try #require(NewerFile.offset(ofLast: { $0.kind == .put }, in: site.disk[open]))
        site.disk[open].removeLast(site.disk[open].count - end)
        let told = try #require(verify(site.disk).first { $0.contains("were acknowledged") })
        #expect(told.hasPrefix("\(open), byte "), "\(told)")
        check(told, names: open, hasOffset: true)
        let lines = try DiskSite.recover(site.disk).report.lines
        check(try #require(lines.first { $0.hasPrefix("LOST: ") }), names: open, hasOffset: true)
    }

    @Test func `is whole for a torn end, a wrong digest and a gap in the log`() throws {
        let site = try site()
        let manifest = site.store.current
        let open = try #require(manifest.segments.last).name
        let sound = site.disk[open]
        site.disk[open] += [9]
        check(try #require(verify(site.disk).first { $0.contains("torn") }), names: open, hasOffset: true)
        site.disk[open] = sound
        NewerFile.records(&site.disk[open], of: { $0.kind == .digest }, at: RecordHeader.size, become: 0xA5)
        try #require(site.disk[open] != sound)
        check(try #require(verify(site.disk).first { $0.contains("is not what it was") }), names: open, hasOffset: true)
        let beyond = Position(epoch: 1, number: site.ledger.last.number + 1)
        let error = try #require(throws: RecoveryError.self) {
            try LogReader(disk: site.disk, manifest: manifest).read(after: .none, through: beyond) { _, _ in }
        }
        check("\(error)", names: open, hasOffset: true)
        #expect(!"\(error)".contains("byte 0,"), "\(error)")
    }

    @Test func `is whole for a snapshot that nothing can go on from`() throws {
        let site = try site()
        let snapshot = site.store.current.snapshots[0]
        site.disk[snapshot.name][snapshot.length / 2] ^= 1
        let warning = try #require(try DiskSite.recover(site.disk).report.warnings.first)
        check(warning, names: snapshot.name, hasOffset: true)
        #expect(warning.contains("the state at position \(snapshot.position.text)"))
        try site.store.update { manifest in
            manifest.segments.removeAll { $0.closing.map { $0.last <= snapshot.position } ?? false }
        }
        let told = verify(site.disk)
        check(try #require(told.first { $0.hasPrefix(snapshot.name) }), names: snapshot.name, hasOffset: true)
        let first = site.store.current.segments[0].name
        check(try #require(told.first { $0.hasPrefix("\(first), ") }), names: first, hasOffset: true)
        let error = #expect(throws: RecoveryError.self) { _ = try DiskSite.recover(site.disk) }
        check("\(try #require(error))", names: snapshot.name, hasOffset: true)
        check(verify(MemoryDisk())[0], names: "/memory", hasOffset: false)
    }

    @Test func `is whole in a file of the operating system`() throws {
        let url = FileManager.default.temporaryDirectory.appending(path: "nuthatch-\(UUID())")
        defer { try? FileManager.default.removeItem(at: url) }
        let disk = try PosixDisk.open(url.path, creating: true)
        _ = try disk.create("file")
        let file = try disk.openForReading("file")
        let bytes: [UInt8] = [1]
        let written = try #require(throws: SystemError.self) { try file.writeAll(bytes.span, at: 4096) }
        check("\(RecoveryError.system(written))", names: "pwrite \(url.path)/file, byte 4096: ", hasOffset: true)
        var buffer = IOBuffer()
        let read = #expect(throws: SystemError.self) { try file.readAll(at: -1, upTo: 5, into: &buffer) }
        #expect("\(try #require(read))".hasPrefix("pread \(url.path)/file, byte -1: "))
        let missing = #expect(throws: RecoveryError.self) {
            _ = try PosixDisk.open("\(url.path)/none/data", creating: true)
        }
        check("\(try #require(missing))", names: "\(url.path)/none/data", hasOffset: false)
    }

    @Test func `is whole where the log fails under a server`() throws {
        let disk = SimulatedDisk()
        let recovered = try recover(disk)
        let listener = FailureListener()
        let log = DurableLog(policy: .always)
        let (store, next) = (recovered.store, recovered.end.last.number + 1)
        let digest = recovered.digest
        _ = try log.start(recovered.takeLog(), in: store, digest: digest, listener: listener)
        disk.failPower(after: 0)
        OwnedEffect(kind: .put, key: Array("key".utf8)).with {
            log.record($0, at: Position(epoch: 1, number: next), remaining: 0, digestChange: 0)
        }
        log.wakeUp()
        for _ in 0..<12_000 where listener.told == nil { Thread.sleep(milliseconds: 5) }
        log.stop()
        check(try #require(listener.told), names: nil, hasOffset: false)
    }
}

/// Keeps why the log failed.
private final class FailureListener: LogListener {
    private let error = Mutex<String?>(nil)

    var told: String? { error.withLock { $0 } }
    func logMoved() {}
    func logFailed(_ error: String) { self.error.withLock { $0 = error } }
}
