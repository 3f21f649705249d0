import Bytes
import CacheModel

/// What stands before the body of every record.
///
/// ```
/// 0        4        8          12     13   14          16         24        32         40
/// ┌────────┬────────┬──────────┬──────┬────┬───────────┬──────────┬─────────┬──────────┬──────┐
/// │ CRC32C │ length │ previous │ kind │ of │ remaining │ position │ logTime │ wallTime │ body │
/// └────────┴────────┴──────────┴──────┴────┴───────────┴──────────┴─────────┴──────────┴──────┘
/// ```
/// Little endian. `of` is the kind of entry that an effect is about, 0 in control records. The checksum covers all that
/// follows it, the length too; `previous` is the checksum of the record before in the same segment, and of the
/// segment's header for the first: bytes of another file or another place in this one never pass. Zeros never do
/// either, since the length counts the header.
package struct RecordHeader: Sendable, Equatable {
    /// Bytes before the body.
    package static let size = 40
    /// The longest record, in bytes: what is written and what is read are bounded by the same number.
    package static let maximumLength = 32 << 20
    /// The longest value whose record, with the longest key and fields, is not longer than that.
    package static let maximumValue = 31 << 20

    package var checksum: UInt32
    /// Of the whole record, with this header.
    package var length: Int
    package var previous: UInt32
    package var kind: RecordKind
    /// The number of the kind of entry an effect is about.
    package var entryKind: UInt8
    /// How many further records belong to the same atomic group, 0…65,535.
    package var remaining: Int
    package var position: Position
    /// Never lower than that of the record before.
    package var logTime: Instant
    package var wallTime: Instant

    /// Reads the header at `offset` and checks the record against itself: its length, its checksum, its link.
    /// - Parameter previous: the checksum it must follow, nil to take any.
    package static func read(
        _ bytes: Span<UInt8>, at offset: Int, following previous: UInt32?
    ) throws(RecordFlaw) -> RecordHeader {
        guard let header = peek(bytes, at: offset) else {
            throw bytes.count - offset < size ? .short : .length(bytes.loadLittleEndian(UInt32.self, at: offset + 4))
        }
        guard header.length <= bytes.count - offset else { throw .short }
        let covered = bytes.extracting(offset + 4..<offset + header.length)
        guard CRC32C.of(covered) == header.checksum else { throw .checksum }
        if let previous, previous != header.previous { throw .link }
        guard !header.kind.isControl || header.entryKind == 0 else { throw .reserved }
        return header
    }

    /// The fields at `offset` as they are, nil when they do not lie inside or the length is impossible.
    package static func peek(_ bytes: Span<UInt8>, at offset: Int) -> RecordHeader? {
        guard offset >= 0, bytes.count - offset >= size else { return nil }
        let length = Int(bytes.loadLittleEndian(UInt32.self, at: offset + 4))
        guard length >= size, length <= maximumLength else { return nil }
        return RecordHeader(
            checksum: bytes.loadLittleEndian(UInt32.self, at: offset), length: length,
            previous: bytes.loadLittleEndian(UInt32.self, at: offset + 8),
            kind: RecordKind(rawValue: bytes[offset + 12]), entryKind: bytes[offset + 13],
            remaining: Int(bytes.loadLittleEndian(UInt16.self, at: offset + 14)),
            position: Position(packed: bytes.loadLittleEndian(UInt64.self, at: offset + 16)),
            logTime: Instant(milliseconds: bytes.loadLittleEndian(Int64.self, at: offset + 24)),
            wallTime: Instant(milliseconds: bytes.loadLittleEndian(Int64.self, at: offset + 32)))
    }
}

/// Why bytes are no record.
package enum RecordFlaw: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bytes end before the record does.
    case short
    /// A length no record can have.
    case length(UInt32)
    case checksum
    /// The record is whole but does not follow the one before it.
    case link
    /// Bytes that must be zero are not.
    case reserved
    /// The position is not the next.
    case position(Position, after: Position)
    /// Log time went back.
    case time
    /// A kind this version does not know.
    case kind(UInt8)
    /// A change of a kind of entry this version does not know.
    case entryKind(UInt8)
    case body(BodyFlaw)
    /// The record does not continue the atomic group that has begun.
    case group
    /// A mark of another segment.
    case stamp

    package var description: String {
        switch self {
        case .short: "the record is cut off"
        case .length(let length): "a record cannot be \(length) bytes long"
        case .checksum: "the record's checksum does not match its bytes"
        case .link: "the record does not follow the one before it"
        case .reserved: "the record has reserved bytes that are not zero"
        case .position(let position, let last): "position \(position.text) comes after \(last.text)"
        case .time: "the log time goes back"
        case .kind(let number): "record kind \(number) is unknown to this version"
        case .entryKind(let number): "entry kind \(number) is unknown to this version"
        case .body(let flaw): flaw.description
        case .group: "the record does not continue the atomic group before it"
        case .stamp: "the mark belongs to another segment"
        }
    }
}

extension Position {
    /// As messages and tools write it: epoch, a dot, the number.
    package var text: String { "\(epoch).\(number)" }

    /// Whether a record at this position may come right after one at `last`: the next number, in the same epoch or a
    /// later one. Behind nothing any may come.
    package func follows(_ last: Position) -> Bool {
        last == .none || (number == last.number + 1 && epoch >= last.epoch)
    }
}
