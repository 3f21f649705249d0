import Bytes
import CacheModel
import Posix

/// Brings a data directory to the point where the log goes on: manifest, end of the log, newest sound snapshot, the log
/// behind it, digests, a new segment.
///
/// Nothing that counts is changed in place: what is cut off and what is written again comes to count with one new
/// manifest, and a crash at any step before it leaves the directory as it was found.
package struct Recovery: Sendable {
    package struct Options: Sendable {
        /// Refuse to start when acknowledged records are missing at the end of the log.
        package var strictTail = false
        /// Threads that apply records.
        package var lanes = Process.availableCores
        /// Bytes to make sure of for the new segment.
        package var segmentRoom = 64 << 20
        /// Whether nobody sees a change before it is synced (the policy `always`).
        package var showsOnlySynced = false
        /// Where the id and the hash secret of a new history come from: words that nobody can guess.
        package var randomWord: @Sendable () -> UInt64 = { Process.randomWord() }

        package init() {}
    }

    /// What the engine that is to be filled must be made with.
    package struct Identity: Sendable, Equatable {
        package var hashSecret: (UInt64, UInt64)
        package var epoch: UInt64
        /// The number that positions go on after; nil in a new history, where the maker chooses.
        package var number: UInt64?

        package static func == (left: Identity, right: Identity) -> Bool {
            left.hashSecret == right.hashSecret && left.epoch == right.epoch && left.number == right.number
        }
    }

    package let disk: any Disk
    package let options: Options
    package let progress: RecoveryProgress
    /// The wall clock at the start.
    package let now: Instant
    /// Gives an empty state; a second one when a snapshot turns out to be damaged.
    package let makeState: @Sendable (Identity) -> any ReplayState

    package init(
        disk: any Disk, options: Options, progress: RecoveryProgress = RecoveryProgress(), now: Instant,
        makeState: @escaping @Sendable (Identity) -> any ReplayState
    ) {
        self.disk = disk
        self.options = options
        self.progress = progress
        self.now = now
        self.makeState = makeState
    }

    /// Locks the directory and recovers what is in it; an empty one becomes a new history.
    package func run() throws(RecoveryError) -> Recovered {
        do throws(SystemError) { try disk.lock() } catch {
            throw error.isLocked ? .locked(disk.path) : .system(error)
        }
        let names = try listing()
        guard let manifest = try KnownFormats.manifest(of: disk) else {
            if let file = names.first(where: { FileNames.id(in: $0) != nil }) { throw .noManifest(file: file) }
            return try beginHistory()
        }
        return try recover(manifest, names)
    }

    private func listing() throws(RecoveryError) -> [String] {
        do throws(SystemError) { return try disk.names() } catch { throw .system(error) }
    }

    // MARK: A new history

    private func beginHistory() throws(RecoveryError) -> Recovered {
        let secret = (options.randomWord(), options.randomWord())
        let state = makeState(Identity(hashSecret: secret, epoch: 1, number: nil))
        let last = state.lastPosition
        let first = Position(epoch: last == .none ? 1 : last.epoch, number: last.number + 1)
        let manifest = Manifest(
            history: HistoryID(high: options.randomWord(), low: options.randomWord()), hashSecret: secret,
            epoch: first.epoch, start: first)
        let end = LogEnd(last: first.predecessor, lastTime: Instant(milliseconds: .min))
        // First of all, or a crash would leave files that nothing speaks for.
        do throws(SystemError) { try ManifestStore(manifest, on: disk).update { _ in } } catch {
            throw .system(error)
        }
        return try open(manifest, state: state, first: first, end: end, tail: nil, RecoveryReport())
    }

    // MARK: An existing one

    private func recover(_ found: Manifest, _ names: [String]) throws(RecoveryError) -> Recovered {
        // A start that was killed may have left the manifest's name to the system. A file made now could otherwise
        // outlive it: a log that nothing speaks for.
        do throws(SystemError) { try disk.syncDirectory() } catch { throw .system(error) }
        var manifest = found
        var report = RecoveryReport()
        let known = found.fileNames
        report.unknownFiles = names.filter { !known.contains($0) }
        // The ids of files that never came to count are not given out again.
        manifest.nextFile = max(found.nextFile, (names.compactMap(FileNames.id(in:)).max() ?? 0) &+ 1)
        let mark = try MarkFile.read(of: manifest.history, on: disk)
        let tail = try examineTail(manifest, mark)
        let end = try endOfLog(manifest, tail)
        try report.note(tail, mark: mark, end: end, strict: options.strictTail)
        chooseEpoch(&manifest, mark, end, &report)
        let identity = Identity(
            hashSecret: manifest.hashSecret, epoch: manifest.epoch, number: end.last.number)
        let state = try load(manifest, tail, end, identity, &report)
        for index in manifest.snapshots.indices where report.unsound.contains(manifest.snapshots[index].id) {
            manifest.snapshots[index].isRehearsed = false
        }
        let first = Position(epoch: manifest.epoch, number: end.last.number + 1)
        return try open(manifest, state: state, first: first, end: end, tail: tail, report)
    }

    /// The last segment, if it is open.
    private func examineTail(_ manifest: Manifest, _ mark: DurableMark?) throws(RecoveryError) -> Tail? {
        guard let entry = manifest.segments.last, entry.closing == nil else { return nil }
        let segment = try SegmentBytes(entry, of: manifest.history, on: disk)
        let before = manifest.segments.dropLast().last?.closing?.end
        return Tail(segment: segment, before: before, exam: try TailExam(segment, after: before, mark: mark))
    }

    private func endOfLog(_ manifest: Manifest, _ tail: Tail?) throws(RecoveryError) -> LogEnd {
        if let tail { return tail.exam.end.log }
        if let closing = manifest.segments.last?.closing { return closing.end }
        if let snapshot = manifest.snapshots.last {
            return LogEnd(last: snapshot.position, lastTime: snapshot.logTime)
        }
        return LogEnd(last: manifest.start.predecessor, lastTime: Instant(milliseconds: .min))
    }

    /// Numbers that were given out and lost must not come again under the same epoch, or entity tags would name other
    /// content. Only a mark that says nobody saw more, on a log that reaches it, rules that out.
    private func chooseEpoch(
        _ manifest: inout Manifest, _ mark: DurableMark?, _ end: LogEnd, _ report: inout RecoveryReport
    ) {
        if let mark, mark.isComplete, mark.position <= end.last { return }
        if manifest.epoch < 65535 {
            manifest.epoch += 1
            report.hasNewEpoch = true
        } else {
            report.warnings.append("the epochs are used up: entity tags of lost changes may come again")
        }
    }

    // MARK: Going on

    /// Makes the new segment, writes into it again what is not known to be synced, and lets all of it count.
    private func open(
        _ manifest: Manifest, state: any DurableState, first: Position, end: LogEnd, tail: Tail?,
        _ found: RecoveryReport
    ) throws(RecoveryError) -> Recovered {
        let store = ManifestStore(manifest, on: disk)
        let rewriting = tail.map { Rewriting($0) }
        var report = found
        report.rewrittenBytes = rewriting?.bytes ?? 0
        let header = SegmentHeader(
            history: manifest.history, id: store.takeFile(), firstPosition: rewriting?.first ?? first, madeAt: now)
        do throws(SystemError) {
            var writer = try SegmentWriter(
                header, after: rewriting?.start ?? end, room: options.segmentRoom, on: disk)
            do throws(SystemError) {
                if let rewriting, rewriting.bytes > 0 {
                    try rewriting.write(to: &writer)
                    try writer.file.sync()
                }
                keepTornBytes(tail, &report)
                try store.begin(SegmentEntry(id: header.id, first: header.firstPosition), closing: rewriting?.closing)
            } catch {
                store.removeUncounted(FileNames.segment(header.id))
                throw error
            }
            giveBackRoom(tail, rewriting?.closing)
            let mark = DurableMark(position: end.last, isComplete: options.showsOnlySynced)
            let marks = try MarkFile(mark, of: manifest.history, on: disk)
            return Recovered(
                store: store, state: state, log: OpenLog(writer: writer, marks: marks), digest: state.digest,
                end: end, report: report)
        } catch {
            throw .system(error)
        }
    }

    /// Cuts the closed segment to its length: what lies behind does not count, and may be all the room that was made
    /// for it. Where that fails nothing is lost but the room.
    private func giveBackRoom(_ tail: Tail?, _ closing: SegmentClosing?) {
        guard let tail, let closing, closing.length > SegmentHeader.size else { return }
        try? disk.openForWriting(tail.segment.entry.name).truncate(to: closing.length)
    }

    /// Copies what is cut off into a file of its own, for whoever wants to look at it.
    private func keepTornBytes(_ tail: Tail?, _ report: inout RecoveryReport) {
        guard let tail, tail.exam.tornBytes > 0 else { return }
        let name = FileNames.torn(tail.segment.entry.id)
        do throws(SystemError) {
            do throws(SystemError) { try disk.remove(name) } catch { if !error.isMissing { throw error } }
            let file = try disk.create(name)
            try Self.copy(tail.segment.bytes, from: tail.exam.end.offset, count: tail.exam.tornBytes, to: file)
        } catch {
            report.warnings.append(
                "the bytes cut off \(tail.segment.entry.name) could not be kept: \(error). \(error.advice)")
        }
    }

    private static func copy(
        _ bytes: borrowing IOBuffer, from offset: Int, count: Int, to file: any DiskFile
    ) throws(SystemError) {
        try file.writeAll(bytes.readable.extracting(offset..<offset + count), at: 0)
    }
}

/// The open segment that was found, and where it ends.
struct Tail: Sendable {
    let segment: SegmentBytes
    let before: LogEnd?
    let exam: TailExam
}

/// The end of a log that is written to.
package struct OpenLog: ~Copyable, Sendable {
    package var writer: SegmentWriter
    package var marks: MarkFile

    /// The writer alone, for who writes without syncing.
    package consuming func takeWriter() -> SegmentWriter { writer }
}

/// A data directory in use: what the log thread goes on with.
package struct Recovered: ~Copyable, Sendable {
    package let store: ManifestStore
    package let state: any DurableState
    /// The new last segment, in which everything is synced.
    package var log: OpenLog
    /// Of the state at `end`.
    package let digest: UInt64
    /// The last record; log time goes on from here. Its time is the lowest there is in a new history.
    package let end: LogEnd
    package let report: RecoveryReport

    /// The end of the log, for the one thread that goes on with it.
    package consuming func takeLog() -> OpenLog { log }
}

extension SegmentClosing {
    /// How the log ends with it.
    package var end: LogEnd { LogEnd(last: last, lastTime: lastTime) }
}

extension Manifest {
    /// The names of all files that count, or come and go by themselves.
    var fileNames: Set<String> {
        var names: Set<String> = []
        for name in [FileNames.manifest, FileNames.mark] { names.formUnion([name, FileNames.temporary(name)]) }
        for segment in segments { names.formUnion([segment.name, FileNames.torn(segment.id)]) }
        for snapshot in snapshots { names.insert(snapshot.name) }
        return names
    }
}
