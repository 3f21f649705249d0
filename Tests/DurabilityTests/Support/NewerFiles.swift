import Bytes
import CacheModel
import Compression
import Synchronization
import Testing

@testable import Durability

/// What a newer version may leave in a data directory: whole, under checksums that are right, of a form unknown here.
struct NewerFile: Sendable, CustomTestStringConvertible {
    /// What the refusal says is newer.
    let what: String
    /// Whether the file says so of itself, before what it holds is read.
    let isInHead: Bool
    /// The file it is in.
    let name: @Sendable (Manifest) -> String
    let change: @Sendable (inout [UInt8]) throws -> Void

    var testDescription: String { what }

    static let all: [NewerFile] = [
        NewerFile(what: "format 2, here up to 1", isInHead: true, name: { _ in "MANIFEST" }, change: manifest),
        NewerFile(what: "format 3, here up to 1", isInHead: true, name: { _ in "MARK" }) { mark(&$0, slot: 1) },
        NewerFile(what: "format 4, here up to 1", isInHead: true, name: { $0.segments[0].name }) {
            header(&$0, format: 4, length: UInt8(SegmentHeader.size))
        },
        NewerFile(what: "format 5, here up to 1", isInHead: true, name: { $0.segments.last!.name }) {
            header(&$0, format: 5, length: 120)
        },
        NewerFile(what: "format 6, here up to 1", isInHead: true, name: { $0.snapshots.last!.name }, change: snapshot),
        NewerFile(what: "block kind 9", isInHead: false, name: { $0.snapshots.last!.name }, change: block),
        NewerFile(what: "record kind 101", isInHead: false, name: { $0.snapshots.last!.name }, change: entry),
        NewerFile(what: "record kind 99", isInHead: false, name: { $0.segments.last!.name }) {
            records(&$0, of: { !$0.kind.isControl }, at: 12, become: 99)
        },
        NewerFile(what: "record kind 250", isInHead: false, name: { $0.segments.last!.name }) {
            records(&$0, of: { $0.kind.isControl }, at: 12, become: 250)
        },
        NewerFile(what: "entry kind 77", isInHead: false, name: { $0.segments.last!.name }) {
            records(&$0, of: { !$0.kind.isControl }, at: 13, become: 77)
        },
    ]

    private static func manifest(_ bytes: inout [UInt8]) {
        let body = String(decoding: bytes.dropLast(16), as: UTF8.self).replacing("manifest 1\n", with: "manifest 2\n")
        bytes = Array("\(body)crc32c \(CRC32C.of(Array(body.utf8).span).hexText)\n".utf8)
    }

    private static func mark(_ bytes: inout [UInt8], slot: Int) {
        let start = slot * MarkFile.slotDistance
        bytes[start + 8] = 3
        seal(&bytes, start..<start + MarkFile.slotSize)
    }

    private static func header(_ bytes: inout [UInt8], format: UInt8, length: UInt8) {
        bytes[8] = format
        bytes[12] = length
        seal(&bytes, 0..<Int(length))
    }

    /// Puts the checksum of a range's bytes into its last four.
    private static func seal(_ bytes: inout [UInt8], _ range: Range<Int>) {
        put(CRC32C.of(Array(bytes[range].dropLast(4)).span), into: &bytes, at: range.upperBound - 4)
    }

    private static func put(_ number: UInt32, into bytes: inout [UInt8], at offset: Int) {
        for byte in 0..<4 { bytes[offset + byte] = UInt8(truncatingIfNeeded: number >> (8 * byte)) }
    }

    // MARK: Snapshots

    private static func snapshot(_ bytes: inout [UInt8]) throws {
        let length = try GzipMember.head(bytes.span, label: SnapshotBlock.labelBytes).length
        var head = IOBuffer()
        SnapshotHead(
            history: HistoryID(high: 1, low: 2), hashSecret: (3, 4), start: .none, wallTime: Instant(milliseconds: 0)
        ).encode(into: &head)
        head[8] = 6
        bytes.replaceSubrange(0..<length, with: try packed(.head, number: 0, records: 0, head))
    }

    private static func block(_ bytes: inout [UInt8]) throws {
        let entries = try second(bytes)
        let label = entries.lowerBound + GzipMember.labelOffset
        bytes[label] = 9
        put(0, into: &bytes, at: label + 9)
        put(CRC32C.of(Array(bytes[entries]).span), into: &bytes, at: label + 9)
    }

    private static func entry(_ bytes: inout [UInt8]) throws {
        var record = IOBuffer()
        let key = Array("key".utf8)
        let none: [UInt8] = []
        SnapshotRecord.append(
            .extend(key: key.span, bytes: none.span, end: .back, modifiedAt: Instant(milliseconds: 0), kind: .keys),
            at: Position(epoch: 1, number: 1), remaining: 0, to: &record)
        record[4] = 101
        bytes.replaceSubrange(try second(bytes), with: try packed(.entries, number: 1, records: 1, record))
    }

    /// Where the block behind the head lies.
    private static func second(_ bytes: [UInt8]) throws -> Range<Int> {
        let start = try GzipMember.head(bytes.span, label: SnapshotBlock.labelBytes).length
        let rest = Array(bytes[start...])
        return start..<start + (try GzipMember.head(rest.span, label: SnapshotBlock.labelBytes).length)
    }

    private static func packed(
        _ kind: SnapshotBlock.Kind, number: UInt32, records: Int, _ bytes: consuming sending IOBuffer
    ) throws -> [UInt8] {
        let block = PendingBlock(kind, number: number, records: records, bytes)
        var writer = try GzipMemberWriter(level: 1)
        block.pack(&writer)
        return block.bytes.withLock { $0.readable.copied() }
    }

    // MARK: Records

    /// Changes one byte of the last record of some kind and seals that and all behind it again.
    static func records(
        _ bytes: inout [UInt8], of wanted: (RecordHeader) -> Bool, at byte: Int, become value: UInt8
    ) {
        guard let header = try? SegmentHeader(bytes.span) else { return }
        guard let found = offset(ofLast: wanted, in: bytes) else { return }
        var buffer = IOBuffer()
        buffer.append(bytes)
        buffer[found + byte] = value
        var offset = found
        var link = bytes.span.loadLittleEndian(UInt32.self, at: found + 8)
        while let record = RecordHeader.peek(buffer.readable, at: offset) {
            link = RecordFrame.seal(
                &buffer, at: offset, previous: link, stamp: header.stamp, logTime: record.logTime,
                wallTime: record.wallTime)
            offset += record.length
        }
        bytes = buffer.readable.copied()
    }

    /// Where the last record of some kind begins.
    static func offset(ofLast wanted: (RecordHeader) -> Bool, in bytes: [UInt8]) -> Int? {
        var found: Int?
        var offset = SegmentHeader.size
        while let record = RecordHeader.peek(bytes.span, at: offset) {
            if wanted(record) { found = offset }
            offset += record.length
        }
        return found
    }
}
