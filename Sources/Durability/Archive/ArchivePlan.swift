import CacheModel

/// What an archive lacks of a data directory, one file at a time. Decides only; nothing here reads or writes.
///
/// An archive is a row of **volumes**: directories with a manifest of their own and the same files as the data
/// directory. Each is whole in itself: it begins with a snapshot, or with the first record of the history, and holds
/// every record from there to its end, so that it can be restored from alone, and removed when it is no longer wanted.
/// The next volume begins with a snapshot that the one before also holds; together they cover every moment.
struct ArchivePlan: Sendable {
    /// How long a volume goes on, in milliseconds of the log, until the next snapshot begins another.
    var volumeAge: Int64 = 24 * 3600 * 1000
    /// Segments behind which the next snapshot begins another volume before that.
    var volumeSegments = 4096

    /// What is to be done next.
    enum Step: Equatable {
        /// Begin a volume with this file.
        case begin(ArchivedFile)
        case add(ArchivedFile)
    }

    /// - Parameter volume: the manifest of the volume that is written to; nil when there is none yet.
    /// - Returns: nil while everything that is whole has been copied.
    func next(_ data: Manifest, in volume: Manifest?) -> Step? {
        guard let volume else { return firstFile(of: data).map(Step.begin) }
        if let base = nextBase(data, volume) { return .begin(.snapshot(base)) }
        let segment = data.closedSegments.first { $0.closing.last.number > volume.archivedEnd }
        if let segment { return .add(.segment(segment.entry, segment.closing)) }
        let snapshot = data.snapshots.first { snapshot in
            snapshot.isRehearsed && snapshot.position.number <= volume.archivedEnd
                && snapshot.position.number > volume.archivedStart && !volume.holds(snapshot)
        }
        return snapshot.map { .add(.snapshot($0)) }
    }

    /// All files that are still to be copied, in bytes and number, as if no further volume began.
    func waiting(_ data: Manifest, in volume: Manifest?) -> (files: Int, bytes: Int) {
        let end = volume?.archivedEnd ?? 0
        let segments = data.closedSegments.filter { $0.closing.last.number > end }
        let snapshots = data.snapshots.filter { snapshot in
            snapshot.isRehearsed && !(volume.map { $0.holds(snapshot) || !$0.reaches(snapshot) } ?? false)
        }
        return (
            segments.count + snapshots.count,
            segments.reduce(0) { $0 + $1.closing.length } + snapshots.reduce(0) { $0 + $1.length }
        )
    }

    /// The ids of the files that need not be kept for the archive's sake.
    func settled(_ data: Manifest, in volume: Manifest) -> Set<UInt64> {
        let segments = data.closedSegments.filter { $0.closing.last.number <= volume.archivedEnd }.map(\.entry.id)
        let snapshots = data.snapshots.filter { volume.holds($0) || !volume.reaches($0) }.map(\.id)
        return Set(segments + snapshots)
    }

    /// Whether a volume is of this history and can go on with what the data directory has: not where that is an older
    /// copy, or has gone another way since, or no longer has what comes next.
    func goesOn(_ volume: Manifest, with data: Manifest) -> Bool {
        let segments = Dictionary(uniqueKeysWithValues: data.segments.map { ($0.id, $0) })
        let snapshots = Dictionary(uniqueKeysWithValues: data.snapshots.map { ($0.id, $0) })
        guard volume.history == data.history, volume.hashSecret == data.hashSecret,
            volume.segments.allSatisfy({ segments[$0.id] ?? $0 == $0 }),
            volume.snapshots.allSatisfy({ snapshots[$0.id] ?? $0 == $0 }),
            let first = data.segments.first, let last = data.segments.last
        else { return false }
        let end = last.closing?.last.number ?? last.first.number - 1
        return first.first.number <= volume.archivedEnd + 1 && volume.archivedEnd <= end
    }

    /// What the first volume begins with: the beginning of the history, or the oldest snapshot.
    private func firstFile(of data: Manifest) -> ArchivedFile? {
        guard !data.hasWholeLog else { return data.closedSegments.first.map { .segment($0.entry, $0.closing) } }
        return data.snapshots.filter { data.canBegin(with: $0) }.min { $0.position < $1.position }
            .map(ArchivedFile.snapshot)
    }

    /// The snapshot that begins the next volume.
    private func nextBase(_ data: Manifest, _ volume: Manifest) -> SnapshotEntry? {
        data.snapshots.last { snapshot in
            guard data.canBegin(with: snapshot), volume.holds(snapshot),
                snapshot.position.number > volume.archivedStart
            else { return false }
            if snapshot.logTime.since(volume.archivedSince) >= volumeAge { return true }
            return volume.closedSegments.count { $0.closing.last <= snapshot.position } >= volumeSegments
        }
    }
}

/// A file that is whole and will not change.
enum ArchivedFile: Equatable, Sendable {
    case segment(SegmentEntry, SegmentClosing)
    case snapshot(SnapshotEntry)

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

/// What the manifest of a volume says.
extension Manifest {
    var closedSegments: [(entry: SegmentEntry, closing: SegmentClosing)] {
        segments.compactMap { entry in entry.closing.map { (entry, $0) } }
    }

    /// The number of the last record.
    var archivedEnd: UInt64 { segments.last?.closing?.last.number ?? snapshots.first?.position.number ?? 0 }

    /// The number of the record behind which everything can be restored to.
    var archivedStart: UInt64 { start == .none ? snapshots.first?.position.number ?? 0 : 0 }

    /// The earliest time that can be restored to.
    var archivedSince: Instant {
        let first = start == .none ? snapshots.first?.logTime : segments.first?.closing?.firstTime
        return first ?? Instant(milliseconds: .max)
    }

    func holds(_ snapshot: SnapshotEntry) -> Bool { snapshots.contains { $0.id == snapshot.id } }

    /// Whether a snapshot is no older than what the volume begins with.
    func reaches(_ snapshot: SnapshotEntry) -> Bool { snapshot.position.number > archivedStart }

    /// Whether a volume can begin with it: it is sound, and all log behind it is there.
    func canBegin(with snapshot: SnapshotEntry) -> Bool {
        guard snapshot.isRehearsed, let first = segments.first else { return false }
        return first.first.number <= snapshot.position.number + 1
    }
}
