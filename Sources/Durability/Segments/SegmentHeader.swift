import Bytes
import CacheModel
import Posix

/// The first 64 bytes of a segment of the log.
///
/// ```
/// 0               8        12       16         32        40               48        56       60       64
/// ┌───────────────┬────────┬────────┬──────────┬─────────┬────────────────┬─────────┬────────┬────────┐
/// │ "NUTHLOG" 0   │ format │ length │ history  │ file id │ first position │ made at │ 0      │ CRC32C │
/// └───────────────┴────────┴────────┴──────────┴─────────┴────────────────┴─────────┴────────┴────────┘
/// ```
/// The checksum covers all before it and is what the first record is linked to.
package struct SegmentHeader: Sendable, Equatable {
    package static let size = 64
    /// The longest header that a later form may have. Each says its own length where this one does, and ends with its
    /// checksum.
    static let maximumSize = 4096
    static let formatOffset = 8
    /// The form of segment and records that this version writes, and the newest it reads.
    package static let format: UInt32 = 1
    static let magic: StaticString = "NUTHLOG\0"

    package var history: HistoryID
    /// The file's own id; never used twice in a history.
    package var id: UInt64
    /// The position of its first record that is no control record.
    package var firstPosition: Position
    package var madeAt: Instant

    package init(history: HistoryID, id: UInt64, firstPosition: Position, madeAt: Instant) {
        self.history = history
        self.id = id
        self.firstPosition = firstPosition
        self.madeAt = madeAt
    }

    /// Appends the header and returns its checksum.
    @discardableResult
    package func encode(into buffer: inout IOBuffer) -> UInt32 {
        let start = buffer.count
        buffer.append(Self.magic)
        buffer.append(littleEndian: Self.format)
        buffer.append(littleEndian: UInt32(Self.size))
        buffer.append(littleEndian: history.high)
        buffer.append(littleEndian: history.low)
        buffer.append(littleEndian: id)
        buffer.append(littleEndian: firstPosition.packed)
        buffer.append(littleEndian: madeAt.milliseconds)
        buffer.append(littleEndian: UInt32(0))
        let checksum = CRC32C.of(buffer.readable.extracting(start..<start + Self.size - 4))
        buffer.append(littleEndian: checksum)
        return checksum
    }

    /// A word that nobody outside can foresee, carried by the segment's marks.
    package var stamp: UInt64 { (history.high ^ history.low) &+ id &* 0x9E37_79B9_7F4A_7C15 }

    /// The header's checksum: what the first record is linked to.
    package var checksum: UInt32 {
        var buffer = IOBuffer(capacity: Self.size)
        return encode(into: &buffer)
    }

    /// Reads the header at the start of a segment.
    package init(_ bytes: Span<UInt8>) throws(HeaderFlaw) {
        guard bytes.count >= Self.size else { throw .short }
        guard bytes.extracting(0..<8).equals(Self.magic) else { throw .magic }
        let format = bytes.loadLittleEndian(UInt32.self, at: Self.formatOffset)
        let length = Int(bytes.loadLittleEndian(UInt32.self, at: 12))
        guard length >= Self.size, length <= min(bytes.count, Self.maximumSize),
            CRC32C.of(bytes.extracting(0..<length - 4)) == bytes.loadLittleEndian(UInt32.self, at: length - 4)
        else { throw .checksum }
        guard format <= Self.format else { throw .newer(format) }
        guard format == Self.format, length == Self.size, bytes.loadLittleEndian(UInt32.self, at: 56) == 0 else {
            throw .form
        }
        history = HistoryID(
            high: bytes.loadLittleEndian(UInt64.self, at: 16), low: bytes.loadLittleEndian(UInt64.self, at: 24))
        id = bytes.loadLittleEndian(UInt64.self, at: 32)
        firstPosition = Position(packed: bytes.loadLittleEndian(UInt64.self, at: 40))
        madeAt = Instant(milliseconds: bytes.loadLittleEndian(Int64.self, at: 48))
    }

    /// The header of a file, whose name is not looked at.
    static func read(_ name: String, on disk: any Disk) throws(RecoveryError) -> SegmentHeader {
        var bytes = IOBuffer()
        do throws(SystemError) {
            try disk.openForReading(name).readAll(at: 0, upTo: maximumSize, into: &bytes)
        } catch {
            throw .system(error)
        }
        do throws(HeaderFlaw) {
            return try SegmentHeader(bytes.readable)
        } catch {
            let id = FileNames.id(in: name) ?? 0
            throw error.recoveryError(of: SegmentEntry(id: id, first: .none))
        }
    }
}

/// Why the start of a file is no header that this version can use.
package enum HeaderFlaw: Error, Sendable, Equatable, CustomStringConvertible {
    case short
    /// It is no file of this kind at all.
    case magic
    /// It was written by a newer version.
    case newer(UInt32)
    case checksum
    /// Its checksum is right, its fields are not.
    case form
    /// The header belongs to another history or another file.
    case stranger

    package var description: String {
        switch self {
        case .short: "the file ends before its header does"
        case .magic: "the file does not begin as a segment of the log does"
        case .newer(let format): "the file has format \(format), this version reads up to \(SegmentHeader.format)"
        case .checksum: "the header's checksum does not match its bytes"
        case .form: "the header's fields contradict each other"
        case .stranger: "the file belongs to another history or has another file's name"
        }
    }

    /// What it means for the directory.
    func recoveryError(of entry: SegmentEntry) -> RecoveryError {
        if case .newer(let format) = self {
            return .newer(
                NewerFormat(
                    file: entry.name, offset: SegmentHeader.formatOffset, format: UInt64(format),
                    known: UInt64(SegmentHeader.format)))
        }
        return .damage(LogDamage(entry, at: 0, reason: description))
    }
}
