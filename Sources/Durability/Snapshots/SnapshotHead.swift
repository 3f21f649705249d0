import Bytes
import CacheModel

/// What a snapshot says before its entries: enough to use it without the directory it was made in.
///
/// `"NUTHATCH" 8 │ format 2 │ 0 2 │ history 16 │ hash secret 16 │ S 8 │ wall time 8`
package struct SnapshotHead: Sendable {
    package static let format = 1
    static let size = 60

    /// The history whose log this is a part of.
    package var history: HistoryID
    /// The secret under which the digest holds.
    package var hashSecret: (UInt64, UInt64)
    /// The position at which the capture began, S: the tail starts behind it.
    package var start: Position
    package var wallTime: Instant

    package init(history: HistoryID, hashSecret: (UInt64, UInt64), start: Position, wallTime: Instant) {
        self.history = history
        self.hashSecret = hashSecret
        self.start = start
        self.wallTime = wallTime
    }

    func encode(into buffer: inout IOBuffer) {
        buffer.append("NUTHATCH")
        buffer.append(littleEndian: UInt16(Self.format))
        buffer.append(littleEndian: UInt16(0))
        buffer.append(littleEndian: history.high)
        buffer.append(littleEndian: history.low)
        buffer.append(littleEndian: hashSecret.0)
        buffer.append(littleEndian: hashSecret.1)
        buffer.append(littleEndian: start.packed)
        buffer.append(littleEndian: wallTime.milliseconds)
    }

    package init(_ bytes: Span<UInt8>) throws(SnapshotFlaw) {
        guard bytes.count >= 12, bytes.extracting(0..<8).equals("NUTHATCH") else { throw .form }
        let format = Int(bytes.loadLittleEndian(UInt16.self, at: 8))
        guard format <= Self.format else { throw .version(format) }
        guard format == Self.format, bytes.count == Self.size, bytes.loadLittleEndian(UInt16.self, at: 10) == 0 else {
            throw .form
        }
        history = HistoryID(
            high: bytes.loadLittleEndian(UInt64.self, at: 12), low: bytes.loadLittleEndian(UInt64.self, at: 20))
        hashSecret = (
            bytes.loadLittleEndian(UInt64.self, at: 28), bytes.loadLittleEndian(UInt64.self, at: 36)
        )
        start = Position(packed: bytes.loadLittleEndian(UInt64.self, at: 44))
        wallTime = Instant(milliseconds: bytes.loadLittleEndian(Int64.self, at: 52))
    }
}

/// What a snapshot says behind its entries.
///
/// `E 8 │ log time at E 8 │ entries 8 │ tail records 8 │ digest at E 8 │ blocks 4 │ CRC32C of the blocks' checksums 4`
package struct SnapshotFoot: Sendable, Equatable {
    static let size = 48

    /// The position at which entries and tail together are the state, E.
    package var position: Position
    /// No operation of the state is later than this.
    package var logTime: Instant
    /// Entries captured; one may be there twice.
    package var entries: UInt64
    package var tailRecords: UInt64
    package var digest: UInt64
    /// Blocks before this one.
    package var blocks: UInt32
    /// The CRC32C over their checksums, in order: none is missing, added or replaced.
    package var checksums: UInt32

    package init(
        position: Position, logTime: Instant, entries: UInt64, tailRecords: UInt64, digest: UInt64, blocks: UInt32,
        checksums: UInt32
    ) {
        self.position = position
        self.logTime = logTime
        self.entries = entries
        self.tailRecords = tailRecords
        self.digest = digest
        self.blocks = blocks
        self.checksums = checksums
    }

    func encode(into buffer: inout IOBuffer) {
        buffer.append(littleEndian: position.packed)
        buffer.append(littleEndian: logTime.milliseconds)
        buffer.append(littleEndian: entries)
        buffer.append(littleEndian: tailRecords)
        buffer.append(littleEndian: digest)
        buffer.append(littleEndian: blocks)
        buffer.append(littleEndian: checksums)
    }

    package init(_ bytes: Span<UInt8>) throws(SnapshotFlaw) {
        guard bytes.count == Self.size else { throw .form }
        position = Position(packed: bytes.loadLittleEndian(UInt64.self, at: 0))
        logTime = Instant(milliseconds: bytes.loadLittleEndian(Int64.self, at: 8))
        entries = bytes.loadLittleEndian(UInt64.self, at: 16)
        tailRecords = bytes.loadLittleEndian(UInt64.self, at: 24)
        digest = bytes.loadLittleEndian(UInt64.self, at: 32)
        blocks = bytes.loadLittleEndian(UInt32.self, at: 40)
        checksums = bytes.loadLittleEndian(UInt32.self, at: 44)
    }
}
