import CacheModel

/// What counts in a data directory: the history, its snapshots and the segments of its log, in order. A file that it
/// does not name does not count.
package struct Manifest: Sendable, Equatable {
    package var history: HistoryID
    /// Rises with every manifest of the directory.
    package var generation: UInt64
    /// The secret of the key hash: digests and the versions left behind by deletions are bound to it.
    package var hashSecret: (UInt64, UInt64)
    /// The epoch of positions given out from here on, 0…65535.
    package var epoch: UInt64
    /// The position of the history's first record: a log that begins here needs no snapshot. `.none` for a history that
    /// began with a snapshot.
    package var start: Position
    /// The lowest id that no file has had.
    package var nextFile: UInt64
    /// Oldest first.
    package var snapshots: [SnapshotEntry]
    /// Oldest first, each beginning where the one before ends; all but the last are closed.
    package var segments: [SegmentEntry]

    /// A history without files.
    package init(history: HistoryID, hashSecret: (UInt64, UInt64), epoch: UInt64, start: Position) {
        self.history = history
        self.start = start
        self.hashSecret = hashSecret
        self.epoch = epoch
        generation = 0
        nextFile = 1
        snapshots = []
        segments = []
    }

    package static func == (left: Manifest, right: Manifest) -> Bool {
        left.history == right.history && left.generation == right.generation && left.hashSecret == right.hashSecret
            && left.epoch == right.epoch && left.start == right.start
            && left.nextFile == right.nextFile && left.snapshots == right.snapshots && left.segments == right.segments
    }

    /// Takes the id of a new file.
    package mutating func takeFile() -> UInt64 {
        nextFile += 1
        return nextFile - 1
    }
}

/// A snapshot that is whole on disk.
package struct SnapshotEntry: Sendable, Equatable {
    package var id: UInt64
    /// The position S noted before the scan.
    package var scanStart: Position
    /// The position E whose state it is.
    package var position: Position
    /// The log time of the record at E.
    package var logTime: Instant
    /// When it was finished, by the wall clock.
    package var madeAt: Instant
    package var entries: UInt64
    /// Of the state at E.
    package var digest: UInt64
    /// Bytes of the file, and their checksum.
    package var length: Int
    package var checksum: UInt32
    /// Whether it has been loaded in rehearsal with the right digest.
    package var isRehearsed: Bool

    package init(
        id: UInt64, scanStart: Position, position: Position, logTime: Instant, madeAt: Instant, entries: UInt64,
        digest: UInt64, length: Int, checksum: UInt32, isRehearsed: Bool
    ) {
        self.id = id
        self.scanStart = scanStart
        self.position = position
        self.logTime = logTime
        self.madeAt = madeAt
        self.entries = entries
        self.digest = digest
        self.length = length
        self.checksum = checksum
        self.isRehearsed = isRehearsed
    }

    package var name: String { FileNames.snapshot(id) }
}

/// A segment of the log.
package struct SegmentEntry: Sendable, Equatable {
    package var id: UInt64
    /// The position of its first record.
    package var first: Position
    /// Nil while it is written to.
    package var closing: SegmentClosing?

    package init(id: UInt64, first: Position, closing: SegmentClosing? = nil) {
        self.id = id
        self.first = first
        self.closing = closing
    }

    package var name: String { FileNames.segment(id) }
}

/// What is known of a segment that nothing is written to any more. Bytes behind `length` do not count.
package struct SegmentClosing: Sendable, Equatable {
    /// The position of its last record; that of the record before the segment when it holds none.
    package var last: Position
    package var length: Int
    /// Of the first `length` bytes.
    package var checksum: UInt32
    /// The log times of its first and last record; of an empty segment both are that of the record before.
    package var firstTime: Instant
    package var lastTime: Instant

    package init(last: Position, length: Int, checksum: UInt32, firstTime: Instant, lastTime: Instant) {
        self.last = last
        self.length = length
        self.checksum = checksum
        self.firstTime = firstTime
        self.lastTime = lastTime
    }
}
