import Bytes
import CacheModel
import Posix

/// What a restore is to come to.
package enum RestoreTarget: Sendable, Equatable {
    /// Exactly the records up to here.
    case position(Position)
    /// The longest prefix of the log in which nothing happened later.
    case time(Instant)
    /// All there is.
    case end
}

/// Makes a new data directory with the state of another at some earlier moment.
///
/// The newest sound snapshot at or before the target is loaded and the log behind it applied up to the target; the
/// result is written as the one snapshot of a new history, and rehearsed. The directory it came from is only read.
/// Expiries and evictions are replayed from records; nothing is decided again.
package struct Restoration: Sendable {
    /// How lifetimes come over.
    package enum Lifetimes: Sendable {
        /// As they are: what has ended since is gone.
        case absolute
        /// Each entry keeps the life it had left at the target, counted from this moment.
        case shifted(to: Instant)
    }

    package let source: any Disk
    package let manifest: Manifest
    package let progress: SnapshotProgress
    /// Gives an empty state under a hash secret.
    package let makeState: @Sendable ((UInt64, UInt64)) -> any DurableState
    /// Gives an empty state under a hash secret, to rehearse in what was made.
    package let rehearsalState: @Sendable ((UInt64, UInt64)) -> any RehearsalState
    package var threads = Process.availableCores
    /// Goes only as far as the first damage, instead of refusing to go past it.
    package var acceptsLoss = false
    /// Off where the secret is not known under which the log's digests hold.
    package var comparesDigests = true
    /// What the restored directory is called.
    package var history = HistoryID.random()

    package init(
        source: any Disk, manifest: Manifest, progress: SnapshotProgress = SnapshotProgress(),
        makeState: @escaping @Sendable ((UInt64, UInt64)) -> any DurableState,
        rehearsalState: @escaping @Sendable ((UInt64, UInt64)) -> any RehearsalState
    ) {
        self.source = source
        self.manifest = manifest
        self.progress = progress
        self.makeState = makeState
        self.rehearsalState = rehearsalState
    }

    /// Builds the state and writes it into an empty directory.
    package func run(
        to target: RestoreTarget, into directory: any Disk, now: Instant, lifetimes: Lifetimes = .absolute
    ) throws(RestoreError) -> RestoreOutcome {
        try claim(directory)
        var outcome = RestoreOutcome()
        let end = try end(of: target)
        let (state, base) = try loadBase(upTo: end, &outcome)
        let reached = try replay(into: state, behind: base, through: end, &outcome)
        outcome.position = reached.last
        outcome.logTime = reached.lastTime
        outcome.entries = try write(state, at: reached, into: directory, now, lifetimes)
        return outcome
    }

    /// The directory must be ours alone and hold nothing.
    private func claim(_ directory: any Disk) throws(RestoreError) {
        do throws(SystemError) {
            try directory.lock()
            let names = try directory.names()
            guard names.isEmpty else { throw .present(directory.path) }
        } catch {
            throw error.isPresent ? .notEmpty(directory.path) : .system(error)
        }
    }

    // MARK: Where to

    /// The record the target is, nil for as far as the log goes.
    private func end(of target: RestoreTarget) throws(RestoreError) -> LogEnd? {
        let reader = LogReader(disk: source, manifest: manifest)
        do throws(RecoveryError) {
            switch target {
            case .end: return nil
            case .time(let time):
                let snapshot = manifest.snapshots.last { $0.logTime <= time }
                let moment = try reader.moment(at: time)
                guard let moment else {
                    guard let snapshot else { throw RecoveryError.unreachable("everything kept is later than this") }
                    return LogEnd(last: snapshot.position, lastTime: snapshot.logTime)
                }
                return moment
            case .position(let position): return try exact(position, reader)
            }
        } catch {
            throw .recovery(error)
        }
    }

    private func exact(_ position: Position, _ reader: LogReader) throws(RecoveryError) -> LogEnd {
        if let record = try reader.record(at: position) {
            guard record.remaining == 0 else {
                let last = Position(packed: position.packed + UInt64(record.remaining))
                throw .unreachable("\(position.text) lies inside an atomic group that ends at \(last.text)")
            }
            return LogEnd(last: position, lastTime: record.logTime)
        }
        if let snapshot = manifest.snapshots.first(where: { $0.position == position }) {
            return LogEnd(last: position, lastTime: snapshot.logTime)
        }
        throw .unreachable("there is no record at position \(position.text)")
    }

    // MARK: The state

    /// The state of the newest sound snapshot at or before the end, or an empty one where the log has everything.
    private func loadBase(
        upTo end: LogEnd?, _ outcome: inout RestoreOutcome
    ) throws(RestoreError) -> (any DurableState, LogEnd) {
        let loader = SnapshotLoader(disk: source, threads: threads, progress: progress)
        progress.phase = .rehearsing
        for snapshot in manifest.snapshots.reversed() where snapshot.position <= end?.last ?? snapshot.position {
            let state = makeState(manifest.hashSecret)
            do throws(SnapshotFailure) {
                _ = try loader.load(snapshot.name, into: state, expected: snapshot)
            } catch {
                if case .newer(let newer) = error { throw .recovery(.newer(newer)) }
                outcome.warnings.append("\(snapshot.name) is not used: \(error.reason)")
                continue
            }
            outcome.snapshot = snapshot
            return (state, LogEnd(last: snapshot.position, lastTime: snapshot.logTime))
        }
        guard manifest.hasWholeLog else {
            throw .recovery(.noBase(outcome.warnings + ["no snapshot lies at or before the target"]))
        }
        let start = LogEnd(last: manifest.start.predecessor, lastTime: Instant(milliseconds: .min))
        return (makeState(manifest.hashSecret), start)
    }

    /// Applies the log behind the base; returns how far that came.
    private func replay(
        into state: any DurableState, behind base: LogEnd, through end: LogEnd?, _ outcome: inout RestoreOutcome
    ) throws(RestoreError) -> LogEnd {
        if let end, end.last == base.last { return base }
        progress.phase = .tail
        var replay = PrefixReplay(
            state: state, at: base, through: end?.last, comparesDigests: comparesDigests)
        do throws(RecoveryError) {
            let reader = LogReader(disk: source, manifest: manifest)
            try reader.walk(after: base.last) { record, segment, content in
                replay.take(record, segment, content)
                progress.records = replay.records
                return !replay.isOver
            }
            if let damage = replay.damage { throw damage }
            if let end, replay.whole.last != end.last {
                throw .unreachable("the log ends at \(replay.whole.last.text), before \(end.last.text)")
            }
        } catch {
            guard acceptsLoss, !error.isNewer else { throw .recovery(error) }
            outcome.warnings.append("the log is used up to \(replay.whole.last.text): \(error.reason)")
        }
        outcome.records = replay.records
        return replay.whole
    }

    // MARK: The new directory

    private func write(
        _ state: any DurableState, at end: LogEnd, into directory: any Disk, _ now: Instant, _ lifetimes: Lifetimes
    ) throws(RestoreError) -> UInt64 {
        var made = Manifest(
            history: history, hashSecret: manifest.hashSecret, epoch: max(manifest.epoch, end.last.epoch),
            start: .none)
        let id = made.takeFile()
        var shift: Int64 = 0
        if case .shifted(let moment) = lifetimes { shift = moment.since(end.lastTime) }
        let still = StillState(state, at: end, shiftedBy: shift)
        let file = try system { () throws(SystemError) in try directory.create(FileNames.snapshot(id)) }
        let summary: SnapshotSummary
        do throws(SnapshotFailure) {
            let writer = SnapshotWriter(file: file, state: still, log: still, of: made, progress: progress)
            summary = try writer.write(wallTime: now, threads: threads, level: 1)
        } catch {
            throw .snapshot(error)
        }
        made.snapshots = [summary.entry(id: id, madeAt: now, isRehearsed: true)]
        try rehearse(made.snapshots[0], in: directory)
        let complete = made
        try system { () throws(SystemError) in
            try directory.syncDirectory()
            try ManifestStore(complete, on: directory).update { _ in }
        }
        return summary.foot.entries
    }

    /// Reads what was made as a start will, before it counts.
    private func rehearse(_ made: SnapshotEntry, in directory: any Disk) throws(RestoreError) {
        let loader = SnapshotLoader(disk: directory, threads: threads, progress: progress)
        do throws(SnapshotFailure) {
            _ = try loader.rehearse(made.name, in: rehearsalState(manifest.hashSecret), expected: made)
        } catch {
            throw .snapshot(error)
        }
    }

    private func system<Result>(_ body: () throws(SystemError) -> Result) throws(RestoreError) -> Result {
        do throws(SystemError) { return try body() } catch { throw .system(error) }
    }
}
