import Bytes
import CacheModel
import Compression

/// A snapshot is a row of blocks, each a gzip member of its own that says its length (``GzipMember``) and carries a
/// label: so blocks can be packed and unpacked by several threads, skipped without unpacking, and trusted one by one.
///
/// ```
/// label   │ kind 1 │ number of the block 4 │ records in it 4 │ CRC32C of the whole member, this field as zeros 4 │
/// head    what the snapshot is                                          SnapshotHead      once, first
/// entries the state, in the order it was captured                       SnapshotRecord…   any number
/// tail    the log behind the capture's beginning                        SnapshotRecord…   any number
/// foot    where the state is consistent, counts, digest, sum of sums    SnapshotFoot      once, last
/// ```
package enum SnapshotBlock {
    package enum Kind: UInt8, Sendable { case head = 1, entries, tail, foot }

    static let labelBytes = 13
    /// Where the checksum lies in a member.
    static let checksumRange = GzipMember.labelOffset + 9..<GzipMember.labelOffset + labelBytes
    /// About how many bytes of records a block holds before it is packed: eight times what gzip looks back at, and
    /// little to hold.
    package static let targetBytes = 256 << 10
    /// The longest block that is read: a megabyte, which is what a writer may gather, and the longest record behind it,
    /// which zlib may make longer by a little.
    static let maximumLength = ((1 << 20) + RecordHeader.maximumLength) * 17 / 16

    /// The label of a block, checked against its bytes.
    package struct Label: Sendable, Equatable {
        package var kind: Kind
        package var number: UInt32
        package var records: Int
        package var checksum: UInt32
    }

    /// Fills in the label of the member that is all of `member`.
    static func seal(_ member: inout IOBuffer, _ kind: Kind, number: UInt32, records: Int) {
        let start = GzipMember.labelOffset
        member.replace(at: start, littleEndian: kind.rawValue)
        member.replace(at: start + 1, littleEndian: number)
        member.replace(at: start + 5, littleEndian: UInt32(records))
        member.replace(at: start + 9, littleEndian: CRC32C.of(member.readable))
    }

    /// Checks the label of a whole member.
    static func label(_ member: Span<UInt8>) throws(SnapshotFlaw) -> Label {
        let label = try peek(member)
        guard isSealed(member) else { throw .checksum }
        return label
    }

    /// Whether the checksum in the label of a whole member, at least a label long, is that of its bytes.
    static func isSealed(_ member: Span<UInt8>) -> Bool {
        var sum = CRC32C()
        sum.add(member.extracting(0..<checksumRange.lowerBound))
        sum.add([0, 0, 0, 0].span)
        sum.add(member.extracting(checksumRange.upperBound..<member.count))
        return sum.value == member.loadLittleEndian(UInt32.self, at: checksumRange.lowerBound)
    }

    /// The label as it stands there, unchecked.
    static func peek(_ head: Span<UInt8>) throws(SnapshotFlaw) -> Label {
        let start = GzipMember.labelOffset
        guard head.count >= start + labelBytes else { throw .short }
        guard let kind = Kind(rawValue: head[start]) else { throw .kind(head[start]) }
        return Label(
            kind: kind, number: head.loadLittleEndian(UInt32.self, at: start + 1),
            records: Int(head.loadLittleEndian(UInt32.self, at: start + 5)),
            checksum: head.loadLittleEndian(UInt32.self, at: start + 9))
    }
}

/// Why bytes are no snapshot.
package enum SnapshotFlaw: Error, Sendable, Equatable, CustomStringConvertible {
    /// The bytes end before the snapshot does.
    case short
    /// Bytes are left behind its foot.
    case long
    /// Not a snapshot, or not a member of one.
    case form
    case checksum
    case gzip
    case kind(UInt8)
    /// A block where another was due.
    case order
    case version(Int)
    case record(RecordFlaw)
    /// The foot counts other records than there are.
    case counts
    /// What the records amount to is not what was written.
    case digest(UInt64, expected: UInt64)
    /// The whole file is not the one that was written.
    case file
    case memory

    package var description: String {
        switch self {
        case .short: "the snapshot is cut off"
        case .long: "bytes are left behind the snapshot's foot"
        case .form: "these bytes are no block of a snapshot"
        case .checksum: "the block's checksum does not match its bytes"
        case .gzip: "the block cannot be unpacked"
        case .kind(let kind): "block kind \(kind) is unknown to this version"
        case .order: "the block is not the next one"
        case .version(let version): "snapshot format \(version) is newer than this version of Nuthatch reads"
        case .record(let flaw): flaw.description
        case .counts: "the snapshot's foot counts other records than there are"
        case .digest(let found, let expected):
            "the state's digest is \(String(found, radix: 16)), not \(String(expected, radix: 16))"
        case .file: "the file is not the one that was written"
        case .memory: "no memory to unpack the block"
        }
    }
}

/// A flaw, and where it is.
package struct SnapshotError: Error, Sendable, Equatable, CustomStringConvertible {
    package var file: String
    /// The first byte of the block in the file.
    package var offset: Int
    package var flaw: SnapshotFlaw
    /// The position whose state the snapshot was to be, where that is known.
    package var position: Position?

    package var description: String {
        let state = position.map { ", the state at position \($0.text)" } ?? ""
        return "\(file), byte \(offset)\(state): \(flaw)"
    }
}
