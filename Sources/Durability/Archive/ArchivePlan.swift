import CacheModel

/// What an archive lacks of a data directory, one file at a time. Decides only; nothing here reads or writes.
///
/// An archive is a row of **volumes**: directories with a manifest of their own and the same files as the data
/// directory. Each is whole in itself: it begins with a snapshot, or with the first record of the history, and holds
/// every record from there to its end, so that it can be restored from alone, and removed when it is no longer wanted.
/// The next volume begins with a snapshot that the one before also holds; together they cover every moment. Where the
/// log has a gap, as behind a damaged file, the next volume begins with the first snapshot that lies behind it.
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

    /// - Parameters:
    ///   - data: without files that cannot be copied.
    ///   - volume: the manifest of the volume that is written to; nil when there is none yet.
    /// - Returns: nil while everything that is whole has been copied.
    func next(_ data: Manifest, in volume: Manifest?) -> Step? {
        guard let volume else { return firstFile(of: data).map(Step.begin) }
        if let base = nextBase(data, volume) { return .begin(.snapshot(base)) }
        return nextFile(data, in: volume)
    }

    /// The same without the beginning of another volume where this one goes on.
    func nextFile(_ data: Manifest, in volume: Manifest) -> Step? {
        if let segment = data.fullSegments.first(where: { $0.closing.last.number > volume.archivedEnd }) {
            guard volume.takes(segment.entry) else { return firstFile(of: data).map(Step.begin) }
            return .add(.segment(segment.entry, segment.closing))
        }
        let snapshot = data.snapshots.first { snapshot in
            snapshot.isRehearsed && snapshot.position.number <= volume.archivedEnd && volume.reaches(snapshot)
                && !volume.holds(snapshot)
        }
        return snapshot.map { .add(.snapshot($0)) }
    }

    /// All files that are still to be copied, in bytes and number, as if no further volume began.
    func waiting(_ data: Manifest, in volume: Manifest?) -> (files: Int, bytes: Int) {
        let end = volume?.archivedEnd ?? 0
        let segments = data.fullSegments.filter { $0.closing.last.number > end }
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
            volume.segments.allSatisfy({ $0.closing != nil && segments[$0.id] ?? $0 == $0 }),
            volume.snapshots.allSatisfy({ $0.isSameFile(as: snapshots[$0.id] ?? $0) }),
            let first = data.segments.first, let last = data.segments.last
        else { return false }
        let end = last.closing?.last.number ?? last.first.number - 1
        return first.first.number <= volume.archivedEnd + 1 && volume.archivedEnd <= end
    }

    /// What the first volume begins with: the beginning of the history, or the oldest snapshot.
    private func firstFile(of data: Manifest) -> ArchivedFile? {
        guard !data.hasWholeLog else { return data.fullSegments.first.map { .segment($0.entry, $0.closing) } }
        return data.snapshots.filter { data.canBegin(with: $0) }.min { $0.position < $1.position }
            .map(ArchivedFile.snapshot)
    }

    /// The snapshot that begins the next volume.
    private func nextBase(_ data: Manifest, _ volume: Manifest) -> SnapshotEntry? {
        data.snapshots.last { snapshot in
            guard data.canBegin(with: snapshot), volume.holds(snapshot), volume.reaches(snapshot) else { return false }
            if snapshot.logTime >= volume.archivedSince.advanced(byMilliseconds: volumeAge) { return true }
            return volume.closedSegments.count { $0.closing.last <= snapshot.position } >= volumeSegments
        }
    }
}

/// What the manifest of a volume says.
extension Manifest {
    var closedSegments: [(entry: SegmentEntry, closing: SegmentClosing)] {
        segments.compactMap { entry in entry.closing.map { (entry, $0) } }
    }

    /// Those that hold records.
    var fullSegments: [(entry: SegmentEntry, closing: SegmentClosing)] {
        closedSegments.filter { $0.closing.last >= $0.entry.first }
    }

    /// The number of the last record.
    var archivedEnd: UInt64 { segments.last?.closing?.last.number ?? snapshots.first?.position.number ?? 0 }

    /// The number of the record behind which everything can be restored to.
    var archivedStart: UInt64 { start == .none ? snapshots.first?.position.number ?? 0 : 0 }

    /// The earliest time that can be restored to.
    var archivedSince: Instant {
        let first = start == .none ? snapshots.first?.logTime : fullSegments.first?.closing.firstTime
        return first ?? .never
    }

    func holds(_ snapshot: SnapshotEntry) -> Bool { snapshots.contains { $0.id == snapshot.id } }

    /// Whether a snapshot is newer than what the volume begins with.
    func reaches(_ snapshot: SnapshotEntry) -> Bool { snapshot.position.number > archivedStart }

    /// Whether a segment goes on where the volume ends.
    func takes(_ segment: SegmentEntry) -> Bool {
        if let last = segments.last?.closing?.last { return segment.first.follows(last) }
        return segment.first.number <= archivedEnd + 1
    }

    /// Whether a volume can begin with it: it is sound, and all log behind it is there.
    func canBegin(with snapshot: SnapshotEntry) -> Bool {
        guard snapshot.isRehearsed, let first = segments.first else { return false }
        return first.first.number <= snapshot.position.number + 1
    }

    /// Whether a file is still here, with the log behind it.
    func leads(on file: ArchivedFile) -> Bool {
        switch file {
        case .segment(let entry, _): segments.contains(entry)
        case .snapshot(let entry): snapshots.contains(entry) && canBegin(with: entry)
        }
    }

    /// What can still be copied when these files cannot: no log up to a damaged segment, which nothing could be applied
    /// behind.
    func without(_ damaged: Set<UInt64>) -> Manifest {
        guard !damaged.isEmpty else { return self }
        var rest = self
        rest.snapshots.removeAll { damaged.contains($0.id) }
        if let index = segments.lastIndex(where: { damaged.contains($0.id) }) { rest.segments.removeFirst(index + 1) }
        return rest
    }

    /// A volume of this history that begins with a file.
    func volume(beginningWith file: ArchivedFile) -> Manifest {
        var made = Manifest(history: history, hashSecret: hashSecret, epoch: epoch, start: .none)
        if case .segment = file { made.start = start }
        made.add(file, of: self)
        return made
    }

    /// Enters a file of the data directory.
    mutating func add(_ file: ArchivedFile, of data: Manifest) {
        epoch = data.epoch
        nextFile = max(nextFile, data.nextFile)
        switch file {
        case .segment(let entry, _): segments.append(entry)
        case .snapshot(let entry): snapshots.append(entry)
        }
    }
}

extension SnapshotEntry {
    /// Whatever its last rehearsal came to.
    fileprivate func isSameFile(as other: SnapshotEntry) -> Bool {
        var other = other
        other.isRehearsed = isRehearsed
        return other == self
    }
}
