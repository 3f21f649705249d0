import Bytes
import CacheModel
import Posix

/// Writes a snapshot: a file that is the state at one position E, made while others write, without a copy of the state
/// and without stopping anybody.
///
/// 1. Note how far the log is, S. Everything that happens from here on will stand in the tail.
/// 2. Capture all entries slice by slice (``DurableState/capture(from:into:)``). An entry carries the position of its
///    last content change; one that changes meanwhile may be captured before or after, twice or not at all.
/// 3. Ask the log where it stands: E, at or past all that was captured. Append its records (S, E].
/// 4. The foot names E and the digest there.
///
/// Who loads it takes the entries and then each tail record whose position is above that of the entry it is about. An
/// entry that did not change since S was captured once and is as at E. One that did has its later changes in the tail,
/// each applied once: those the entry had already seen are not above its position. So the result is the state at E,
/// also for values that grow.
///
/// Memory: a few blocks of ``SnapshotBlock/targetBytes`` for each packing thread, whatever the size of the state.
package struct SnapshotWriter {
    let file: any DiskFile
    let state: any DurableState
    let log: any SnapshotLog
    let manifest: Manifest
    let progress: SnapshotProgress
    /// Where the log must find room meanwhile; nil for a disk of its own.
    let disk: (any Disk)?

    /// The disk is given this much at a time to hold, so that a sync of the log never waits for gigabytes of ours.
    static let syncBytes = 16 << 20

    /// - Parameters:
    ///   - manifest: of the history, for its name and secret.
    ///   - disk: it fails rather than take what this one keeps in reserve.
    package init(
        file: any DiskFile, state: any DurableState, log: any SnapshotLog, of manifest: Manifest,
        progress: SnapshotProgress, leavingReserveOf disk: (any Disk)? = nil
    ) {
        self.file = file
        self.disk = disk
        self.state = state
        self.log = log
        self.manifest = manifest
        self.progress = progress
    }

    /// Writes the whole file and syncs it; its name is the caller's to change.
    /// - Parameters:
    ///   - threads: how many pack; level: zlib's, 0…9.
    package func write(
        wallTime: Instant, threads: Int, level: Int
    ) throws(SnapshotFailure) -> SnapshotSummary {
        // Where the log is, not the state: what lies between is in the tail too. And a state that has changed nothing
        // since a start counts in a newer epoch than its last record.
        let start = try log.point(atLeast: .none).position
        let head = SnapshotHead(
            history: manifest.history, hashSecret: manifest.hashSecret, start: start, wallTime: wallTime)
        var output = SnapshotOutput(
            file: file, packer: try SnapshotPacker(threads: threads, level: level), threads: threads,
            progress: progress, disk: disk)
        defer { output.packer.stop() }
        var bytes = IOBuffer()
        head.encode(into: &bytes)
        try output.put(.head, bytes)
        progress.phase = .capturing
        let entries = try capture(into: &output)
        let end = try log.point(atLeast: state.lastPosition)
        progress.phase = .tail
        let tailRecords = try appendTail(after: head.start, through: end.position, to: &output)
        let foot = try output.finish(end, entries: entries, tailRecords: tailRecords)
        return SnapshotSummary(head: head, foot: foot, length: output.length, checksum: output.checksum.value)
    }

    private func capture(into output: inout SnapshotOutput) throws(SnapshotFailure) -> UInt64 {
        var collector = BlockCollector(kind: .entries)
        var cursor: CaptureCursor? = .start
        while let from = cursor {
            if progress.isStopped { throw .cancelled }
            let before = collector.total
            cursor = state.capture(from: from) { effect, position in
                collector.append(effect, at: position, remaining: 0)
            }
            progress.addRecords(Int(collector.total - before))
            Thread.giveWay()
            if collector.isFull { try output.put(&collector) }
        }
        try output.put(&collector)
        return collector.total
    }

    private func appendTail(
        after start: Position, through end: Position, to output: inout SnapshotOutput
    ) throws(SnapshotFailure) -> UInt64 {
        var collector = BlockCollector(kind: .tail)
        var failure: SnapshotFailure?
        try log.read(after: start, through: end) { effect, position, remaining in
            if failure != nil { return }
            collector.append(effect, at: position, remaining: remaining)
            guard collector.isFull else { return }
            do throws(SnapshotFailure) {
                if progress.isStopped { throw .cancelled }
                try output.put(&collector)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        try output.put(&collector)
        return collector.total
    }
}

/// What a snapshot file is, once it is written or loaded.
package struct SnapshotSummary: Sendable {
    package var head: SnapshotHead
    package var foot: SnapshotFoot
    /// Bytes of the file, and their CRC32C.
    package var length: Int
    package var checksum: UInt32

    /// The line of the manifest.
    package func entry(id: UInt64, madeAt: Instant, isRehearsed: Bool) -> SnapshotEntry {
        SnapshotEntry(
            id: id, scanStart: head.start, position: foot.position, logTime: foot.logTime, madeAt: madeAt,
            entries: foot.entries, digest: foot.digest, length: length, checksum: checksum, isRehearsed: isRehearsed)
    }
}

/// Gathers records into blocks.
struct BlockCollector: ~Copyable {
    let kind: SnapshotBlock.Kind
    private(set) var total: UInt64 = 0
    private var records = 0
    private var bytes = IOBuffer()

    init(kind: SnapshotBlock.Kind) { self.kind = kind }

    var isFull: Bool { bytes.count >= SnapshotBlock.targetBytes }

    mutating func append(_ effect: borrowing Effect, at position: Position, remaining: Int) {
        SnapshotRecord.append(effect, at: position, remaining: remaining, to: &bytes)
        records += 1
        total += 1
    }

    /// What was gathered since the last time, as the block of this number; nil when that is nothing.
    mutating func take(number: UInt32) -> PendingBlock? {
        guard records > 0 else { return nil }
        defer { records = 0 }
        var full = IOBuffer(capacity: SnapshotBlock.targetBytes * 9 / 8)
        swap(&full, &bytes)
        return PendingBlock(kind, number: number, records: records, full)
    }
}
