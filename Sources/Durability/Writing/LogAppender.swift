import Bytes
import CacheModel
import Posix

/// Brings batches to the file: order, times, seals, marks, digests, segments. No thread and no clock of its own: what
/// the log's thread does, a test does step by step.
struct LogAppender: ~Copyable {
    /// What it came to.
    enum Outcome: Equatable {
        /// There was nothing to write.
        case idle
        case written
        /// For want of room; what could not be written waits, and the next step tries again.
        case outOfSpace(SystemError)
        case failed(SystemError)
    }

    let store: ManifestStore
    private let segmentBytes: Int
    private let digestInterval: UInt64
    private let syncs: SyncTurn
    /// Of the positions given out: a segment that recovery wrote again may begin in an earlier one.
    private let epoch: UInt64
    private var writer: SegmentWriter
    private var batch: LogBatch
    private var clock: LogClock
    /// Of the data set at `last`.
    private(set) var digest: UInt64
    private var digestAt: UInt64
    private(set) var last: Position
    /// Up to where the log says that it is synced.
    private var marked: Position
    /// Bytes written since the log was opened.
    private(set) var bytesWritten: UInt64 = 0
    /// Records are in the batch that a write left behind.
    private(set) var isWriteLeft = false
    /// Where the segment must end: room was made for so much.
    private var limit: Int

    /// - Parameters:
    ///   - digest: of the data set at the writer's last record.
    ///   - segmentBytes: where a segment ends and the next begins.
    ///   - digestInterval: records between two digests in the log.
    init(
        _ writer: consuming SegmentWriter, in store: ManifestStore, digest: UInt64, segmentBytes: Int,
        digestInterval: UInt64 = 10_000, syncs: SyncTurn
    ) {
        self.store = store
        self.segmentBytes = segmentBytes
        // Segments are small where memory is.
        batch = LogBatch(keptBytes: min(4 << 20, max(256 << 10, segmentBytes / 8)))
        self.digestInterval = digestInterval
        self.syncs = syncs
        epoch = store.current.epoch
        self.digest = digest
        last = writer.last
        digestAt = writer.last.number
        clock = LogClock(after: writer.lastTime)
        marked = .none
        limit = writer.room > 0 ? writer.room : segmentBytes
        self.writer = writer
    }

    /// The file that a sync must cover, and the position it then covers.
    var place: LogPlace { LogPlace(file: writer.file, position: last, logTime: clock.last, digest: digest) }

    /// What the manifest would say if the segment were closed now.
    var closing: SegmentClosing { writer.closing }

    /// Writes what has been queued.
    /// - Parameters:
    ///   - synced: up to where the disk is known to hold the log.
    ///   - monotonic: in milliseconds.
    mutating func step(_ queue: LogQueue, synced: Position, wall: Instant, monotonic: Int64) -> Outcome {
        if isWriteLeft {
            // Behind a write that failed nothing goes on in the same file.
            do throws(SystemError) { try beginSegment(at: wall) } catch { return outcome(error) }
        } else {
            guard batch.fill(from: queue, after: last.number) > 0 else { return .idle }
            let (time, clockStep) = clock.advance(wall: wall, monotonic: monotonic)
            addControls(synced: synced, clockStep: clockStep)
            if writer.length + batch.bytes.count > limit, writer.length > SegmentHeader.size {
                do throws(SystemError) { try closeSegment(at: wall) } catch {
                    isWriteLeft = true
                    return outcome(error)
                }
            }
            writer.seal(&batch.bytes, from: 0, logTime: time, wallTime: wall)
        }
        return write()
    }

    private mutating func write() -> Outcome {
        do throws(PartialWrite) {
            try Self.write(batch, to: &writer)
        } catch {
            last = max(last, writer.last)
            bytesWritten += UInt64(error.wholeBytes)
            batch.drop(bytes: error.wholeBytes)
            isWriteLeft = true
            return outcome(error.error)
        }
        last = writer.last
        bytesWritten += UInt64(batch.bytes.count)
        isWriteLeft = false
        batch.clear()
        return .written
    }

    private static func write(_ batch: borrowing LogBatch, to writer: inout SegmentWriter) throws(PartialWrite) {
        try writer.write(batch.bytes.readable)
    }

    /// What was tried at the wrong moment is tried again; what failed for good is not, whatever it failed of.
    private func outcome(_ error: SystemError) -> Outcome {
        error.isOutOfSpace && !syncs.hasFailed && !store.hasFailed ? .outOfSpace(error) : .failed(error)
    }

    /// What the log says of itself, behind the records of the batch.
    private mutating func addControls(synced: Position, clockStep: Int64?) {
        guard let final = batch.records.last else { return }
        for record in batch.records { digest &+= record.digestChange }
        let position = Position(epoch: epoch, number: final.number)
        if let clockStep { RecordFrame.append(.clockStep(clockStep), at: position, to: &batch.bytes) }
        if final.number - digestAt >= digestInterval {
            RecordFrame.append(.digest(digest), at: position, to: &batch.bytes)
            digestAt = final.number
        }
        if synced > marked {
            RecordFrame.append(.mark(synced), at: position, to: &batch.bytes)
            marked = synced
        }
    }

    // MARK: Segments

    /// Closes a full segment, which must be on disk before the manifest says so, and begins the next.
    private mutating func closeSegment(at wall: Instant) throws(SystemError) {
        try sealOff()
        try beginSegment(at: wall)
    }

    /// Closes the segment though it is not full, and begins the next. Nothing where it holds no record, or where there
    /// is no room for another now.
    mutating func closeEarly(at wall: Instant) -> Outcome {
        guard !isWriteLeft, writer.length > SegmentHeader.size, (try? roomForSegment()) != nil else { return .idle }
        do throws(SystemError) { try closeSegment(at: wall) } catch {
            // Its room may have been given back: what comes next goes into a new one.
            isWriteLeft = true
            return outcome(error)
        }
        return .written
    }

    /// Gives back the room that was made and not used, and brings the segment to the disk.
    func sealOff() throws(SystemError) {
        try writer.file.truncate(to: writer.length)
        try syncs.sync(writer.file)
    }

    /// Begins a new segment; what is left of the batch is sealed for it.
    private mutating func beginSegment(at wall: Instant) throws(SystemError) {
        let room = try roomForSegment()
        if isWriteLeft { try sealOff() }
        let next = Position(epoch: epoch, number: last.number + 1)
        let header = SegmentHeader(
            history: writer.header.history, id: store.takeFile(), firstPosition: next, madeAt: wall)
        let made = try SegmentWriter(
            header, after: LogEnd(last: last, lastTime: clock.last), room: room, on: store.disk)
        do throws(SystemError) {
            try store.begin(SegmentEntry(id: header.id, first: next), closing: writer.closing)
        } catch {
            store.removeUncounted(FileNames.segment(header.id))
            throw error
        }
        writer = made
        limit = room
        if isWriteLeft { writer.seal(&batch.bytes, from: 0, logTime: clock.last, wallTime: wall) }
    }

    /// As much as a segment has, more for a batch that is longer, or what the disk can spare of that.
    private func roomForSegment() throws(SystemError) -> Int {
        let space = try DiskSpace(of: store.disk)
        let least = max(min(DiskSpace.leastSegment, segmentBytes), batch.bytes.count + 4096)
        guard space.spare >= least else { throw .outOfSpace("a new segment") }
        let usual = SegmentLength.bytes(segmentBytes, behind: store.current.segments.count)
        return max(space.segment(usual), least)
    }

    /// Bytes that were made sure of for the segment and are not written yet: not free on the disk any more, and yet
    /// there is room. None where none was made, as by a start on a full disk.
    var roomLeft: Int { max(0, writer.room - writer.length) }
}

/// Where the log stands.
struct LogPlace: Sendable {
    /// What holds the records up to `position` that are not in closed segments.
    var file: any DiskFile
    var position: Position
    var logTime: Instant
    /// Of the data set at `position`.
    var digest: UInt64
}
