import Bytes
import CacheModel
import Testing

@testable import Durability

/// A manifest with something in every member.
let sampleManifest: Manifest = {
    var manifest = Manifest(
        history: HistoryID(high: 1, low: .max), hashSecret: (7, 1 << 63), epoch: 2,
        start: Position(epoch: 1, number: 1))
    manifest.generation = 9
    manifest.nextFile = 6
    manifest.snapshots = [
        SnapshotEntry(
            id: 4, scanStart: Position(epoch: 1, number: 5), position: Position(epoch: 1, number: 9),
            logTime: Instant(milliseconds: 17), madeAt: Instant(milliseconds: -3), entries: 12, digest: .max - 1,
            length: 1000, checksum: 0xABCD, isRehearsed: true)
    ]
    let closing = SegmentClosing(
        last: Position(epoch: 1, number: 10), length: 4000, checksum: 1, firstTime: Instant(milliseconds: 10),
        lastTime: Instant(milliseconds: 20))
    manifest.segments = [
        SegmentEntry(id: 3, first: Position(epoch: 1, number: 1), closing: closing),
        SegmentEntry(id: 5, first: Position(epoch: 2, number: 11)),
    ]
    return manifest
}()

@Suite struct `The manifest` {
    @Test func `is read as it was written`() throws {
        let read = try Manifest(Array(sampleManifest.text.utf8).span)
        #expect(read == sampleManifest)
    }

    @Test func `shows every flipped bit and every cut`() {
        let bytes = Array(sampleManifest.text.utf8)
        for bit in 0..<bytes.count * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: ManifestFlaw.self) { try Manifest(changed.span) }
        }
        for count in 0..<bytes.count {
            let cut = Array(bytes[..<count])
            #expect(throws: ManifestFlaw.self) { try Manifest(cut.span) }
        }
    }

    /// The body with a line changed, under a right checksum.
    private func sealed(_ change: (String) -> String) -> [UInt8] {
        let body = change(String(sampleManifest.text.dropLast(16)))
        return Array("\(body)crc32c \(CRC32C.of(Array(body.utf8).span).hexText)\n".utf8)
    }

    @Test func `of a newer version is refused as that`() {
        let newer = sealed { $0.replacing("nuthatch-manifest 1", with: "nuthatch-manifest 2") }
        #expect(throws: ManifestFlaw.newer(2)) { try Manifest(newer.span) }
    }

    @Test(
        arguments: [
            ("epoch 2", "epoch 65536"), ("epoch 2", "epoch 02"), ("generation 9\n", ""),
            ("rehearsed=1", "rehearsed=1 x=1"),
            (" length=1000", ""), ("id=5", "id=3"), ("id=5", "id=6"), ("first=2.11", "first=2.12"),
            ("first=2.11", "first=0.11"), (" last=1.10", " last=1.10 last=1.10"), ("last-time=20", "last-time=9"),
            ("segment id=5", "segments id=5"), ("position=1.9", "position=1.4"),
        ])
    func `that contradicts itself is refused`(from: String, to: String) {
        let changed = sealed {
            #expect($0.contains(from))
            return $0.replacing(from, with: to)
        }
        #expect(throws: ManifestFlaw.self) { try Manifest(changed.span) }
    }
}

@Suite struct `Segment headers` {
    private let header = SegmentHeader(
        history: HistoryID(high: 3, low: 4), id: 5, firstPosition: Position(epoch: 1, number: 2),
        madeAt: Instant(milliseconds: 6))

    private var bytes: [UInt8] {
        var buffer = IOBuffer()
        header.encode(into: &buffer)
        return buffer.readable.copied()
    }

    @Test func `are read as they were written`() throws {
        #expect(try SegmentHeader(bytes.span) == header)
        #expect(bytes.count == SegmentHeader.size)
    }

    @Test func `show every flipped bit and a newer form`() {
        for bit in 0..<SegmentHeader.size * 8 {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: HeaderFlaw.self) { try SegmentHeader(changed.span) }
        }
        var newer = bytes
        newer[8] = 2
        #expect(throws: HeaderFlaw.checksum) { try SegmentHeader(newer.span) }
        let checksum = CRC32C.of(newer.span.extracting(0..<60))
        for byte in 0..<4 { newer[60 + byte] = UInt8(truncatingIfNeeded: checksum >> (8 * UInt32(byte))) }
        #expect(throws: HeaderFlaw.newer(2)) { try SegmentHeader(newer.span) }
    }
}
