import CacheModel

/// A file of a data directory that is whole and will not change.
enum ArchivedFile: Equatable, Sendable {
    case segment(SegmentEntry, SegmentClosing)
    case snapshot(SnapshotEntry)

    var id: UInt64 {
        switch self {
        case .segment(let entry, _): entry.id
        case .snapshot(let entry): entry.id
        }
    }

    var name: String {
        switch self {
        case .segment(let entry, _): entry.name
        case .snapshot(let entry): entry.name
        }
    }

    /// Bytes that count.
    var length: Int {
        switch self {
        case .segment(_, let closing): closing.length
        case .snapshot(let entry): entry.length
        }
    }

    /// Of these bytes.
    var checksum: UInt32 {
        switch self {
        case .segment(_, let closing): closing.checksum
        case .snapshot(let entry): entry.checksum
        }
    }

    /// The first position it helps to restore to.
    var position: Position {
        switch self {
        case .segment(let entry, _): entry.first
        case .snapshot(let entry): entry.position
        }
    }
}
