import CacheModel
import Posix

/// Filling the state: the newest snapshot that is sound, and the log behind it.
extension Recovery {
    func load(
        _ manifest: Manifest, _ tail: Tail?, _ end: LogEnd, _ identity: Identity, _ report: inout RecoveryReport
    ) throws(RecoveryError) -> any ReplayState {
        if let newest = manifest.snapshots.last, newest.position.number > end.last.number {
            throw .lostTail(
                file: tail?.segment.entry.name ?? FileNames.manifest, offset: tail?.exam.end.offset ?? 0,
                first: Position(epoch: end.last.epoch, number: end.last.number + 1), last: newest.position)
        }
        let (state, base) = try loadBase(manifest, end, identity, &report)
        report.records = try replay(manifest, tail, behind: base, into: state)
        if report.lost != nil { state.forgetDepartures() }
        return state
    }

    private static let newSnapshot = "Make a new one: POST /v1/admin/snapshots"

    /// The state of the newest sound snapshot that the log goes on from, or an empty one where the log has everything.
    private func loadBase(
        _ manifest: Manifest, _ end: LogEnd, _ identity: Identity, _ report: inout RecoveryReport
    ) throws(RecoveryError) -> (any ReplayState, Position) {
        var reasons: [String] = []
        for snapshot in manifest.snapshots.reversed() {
            guard manifest.logGoesOn(behind: snapshot.position, to: end) else {
                reasons.append("the log behind \(snapshot.name) is gone")
                continue
            }
            let state = makeState(identity)
            let loader = SnapshotLoader(disk: disk, threads: options.lanes, progress: progress.snapshot)
            progress.begin(.snapshot, bytes: UInt64(snapshot.length))
            do throws(SnapshotFailure) {
                _ = try loader.load(snapshot.name, into: state, expected: snapshot)
            } catch {
                if case .newer(let newer) = error { throw .newer(newer) }
                reasons.append("\(snapshot.name) is not used: \(error.reason)")
                report.unsound.insert(snapshot.id)
                continue
            }
            report.warnings += reasons.map { "\($0). \(Self.newSnapshot)" }
            report.snapshot = snapshot
            return (state, snapshot.position)
        }
        guard manifest.hasWholeLog else { throw .noBase(reasons.isEmpty ? ["there is none"] : reasons) }
        report.warnings += reasons.map { "\($0). \(Self.newSnapshot)" }
        return (makeState(identity), .none)
    }

    private func replay(
        _ manifest: Manifest, _ tail: Tail?, behind base: Position, into state: any ReplayState
    ) throws(RecoveryError) -> UInt64 {
        let start = manifest.segments.firstIndex { $0.closing.map { $0.last > base } ?? true }
        guard let start else { return 0 }
        let parts = manifest.segments[start...].map {
            LogReplay.Part(entry: $0, length: $0.closing == nil ? tail?.exam.end.offset : nil)
        }
        let bytes = parts.reduce(0) { $0 + ($1.entry.closing?.length ?? $1.length ?? 0) }
        progress.begin(.log, bytes: UInt64(bytes))
        let replay = LogReplay(
            disk: disk, history: manifest.history, state: state, base: base, lanes: max(1, options.lanes),
            progress: progress)
        return try replay.run(parts, bytes: bytes, after: start > 0 ? manifest.segments[start - 1].closing?.end : nil)
    }
}

extension Manifest {
    /// Whether the segments hold every record of the history.
    package var hasWholeLog: Bool {
        start != .none && (segments.first.map { $0.first.number == start.number } ?? true)
    }

    /// Whether the segments hold every record behind `position`, up to the end of the log.
    func logGoesOn(behind position: Position, to end: LogEnd) -> Bool {
        guard let first = segments.first else { return position == end.last }
        return first.first.number <= position.number + 1
    }
}
