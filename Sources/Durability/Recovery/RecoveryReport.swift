import CacheModel

/// What a recovery found and did, for the log and for metrics.
package struct RecoveryReport: Sendable {
    /// The snapshot it began with.
    package var snapshot: SnapshotEntry?
    /// Records of the log applied.
    package var records: UInt64 = 0
    /// What was cut off the end of the log.
    package var torn: Torn?
    /// Positions that were acknowledged, or could have been, and are missing.
    package var lost: ClosedRange<Position>?
    /// Where the log ends before them.
    var lostBehind: (file: String, offset: Int)?
    /// Files that the manifest does not name. They are left alone.
    package var unknownFiles: [String] = []
    /// Bytes of records that were written again since nothing says that they were synced.
    package var rewrittenBytes = 0
    /// Whether positions go on in a new epoch.
    package var hasNewEpoch = false
    /// Snapshots that could not be loaded, by id: they count as not rehearsed from now on.
    var unsound: Set<UInt64> = []
    package var warnings: [String] = []

    package struct Torn: Sendable, Equatable {
        package var file: String
        package var offset: Int
        /// Up to the last byte that is not zero; 0 where a block of zeros was all there was.
        package var bytes: Int
        package var reason: String
    }

    /// Says what is wrong at the end of the log.
    mutating func note(
        _ tail: Tail?, mark: DurableMark?, end: LogEnd, strict: Bool
    ) throws(RecoveryError) {
        if let tail, let flaw = tail.exam.flaw {
            torn = Torn(
                file: tail.segment.entry.name, offset: tail.exam.end.offset, bytes: tail.exam.tornBytes,
                reason: flaw.description)
        }
        guard let mark, mark.position.number > end.last.number else { return }
        let first = Position(epoch: end.last.epoch, number: end.last.number + 1)
        lost = first...max(first, mark.position)
        let (file, offset) = (tail?.segment.entry.name ?? FileNames.mark, tail?.exam.end.offset ?? 0)
        lostBehind = (file, offset)
        if strict { throw .lostTail(file: file, offset: offset, first: first, last: mark.position) }
    }

    /// Everything a person should read, one sentence a line.
    package var lines: [String] {
        var lines: [String] = []
        if let snapshot { lines.append("loaded \(snapshot.name), the state at \(snapshot.position.text)") }
        lines.append("applied \(records) records of the log")
        if let torn {
            let advice = lost == nil ? ". Nothing need be done" : ""
            lines.append(
                "\(torn.file) was torn at byte \(torn.offset) (\(torn.reason)); \(torn.bytes) bytes cut off and kept"
                    + advice)
        }
        if let lost {
            lines.append(
                "LOST: positions \(lost.lowerBound.text) to \(lost.upperBound.text) had been synced and are missing"
                    + (lostBehind.map { " behind \($0.file), byte \($0.offset)" } ?? "")
                    + ". Look at the disk: it did not keep what it had synced")
        }
        lines += unknownFiles.map { "\($0) is not in the manifest and left alone" }
        return lines + warnings
    }
}
