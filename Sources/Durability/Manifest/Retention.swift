import CacheModel
import Posix

/// What of a directory may go: nothing that a start, a restore to a moment of the window, a replica or the archive
/// needs.
package struct Retention: Sendable, Equatable {
    /// How many snapshots to keep at least.
    package var snapshots = 3
    /// How far back a restore must be able to go, in milliseconds.
    package var window: Int64 = 24 * 3600 * 1000

    package init() {}

    /// The files to drop.
    package struct Plan: Sendable, Equatable {
        package var snapshots: [SnapshotEntry] = []
        package var segments: [SegmentEntry] = []

        package var names: [String] { snapshots.map(\.name) + segments.map(\.name) }
        package var isEmpty: Bool { snapshots.isEmpty && segments.isEmpty }
    }

    /// - Parameters:
    ///   - now: the log time, to which those of the entries compare; the wall clock may have been set back behind it.
    ///   - reader: the position that the slowest replica has; nil without replicas.
    ///   - isArchived: whether a file has been copied to where it must be first; true where there is no archive. A
    ///     snapshot that was never rehearsed is not copied and not asked about.
    package func plan(
        _ manifest: Manifest, now: Instant, reader: Position? = nil, isArchived: (UInt64) -> Bool = { _ in true }
    ) -> Plan {
        var plan = Plan()
        let kept = keptSnapshots(manifest, start: now.advanced(byMilliseconds: -window))
        plan.snapshots = manifest.snapshots.filter { snapshot in
            !kept.contains(snapshot.id) && (!snapshot.isRehearsed || isArchived(snapshot.id))
        }
        let remaining = manifest.snapshots.filter { !plan.snapshots.contains($0) }
        guard let oldest = remaining.min(by: { $0.position < $1.position }) else { return plan }
        // The whole log stays as long as it is what covers the beginning of the window.
        if manifest.hasWholeLog, oldest.logTime > now.advanced(byMilliseconds: -window) { return plan }
        let needed = min(oldest.position, reader ?? oldest.position)
        plan.segments = Array(
            manifest.segments.prefix { segment in
                guard let closing = segment.closing else { return false }
                return closing.last <= needed && isArchived(segment.id)
            })
        return plan
    }

    /// The newest ones, the newest that was rehearsed, and the newest that lies before the window: the oldest of all
    /// where none does.
    private func keptSnapshots(_ manifest: Manifest, start: Instant) -> Set<UInt64> {
        let sorted = manifest.snapshots.sorted { $0.position < $1.position }
        var kept = Set(sorted.suffix(max(1, snapshots)).map(\.id))
        if let rehearsed = sorted.last(where: \.isRehearsed) { kept.insert(rehearsed.id) }
        if let anchor = sorted.last(where: { $0.logTime <= start }) ?? sorted.first { kept.insert(anchor.id) }
        return kept
    }
}

extension ManifestStore {
    /// Drops what may go: first from the manifest, lastingly, then the files.
    /// - Parameter plan: decides while nobody else changes the manifest, so that nothing goes that somebody has begun
    ///   to need since.
    /// - Returns: what went.
    @discardableResult
    package func drop(_ plan: (Manifest) -> Retention.Plan) throws(SystemError) -> Retention.Plan {
        if plan(current).isEmpty { return Retention.Plan() }
        var dropped = Retention.Plan()
        try update { manifest in
            dropped = plan(manifest)
            let snapshots = Set(dropped.snapshots.map(\.id))
            let segments = Set(dropped.segments.map(\.id))
            manifest.snapshots.removeAll { snapshots.contains($0.id) }
            manifest.segments.removeAll { segments.contains($0.id) }
        }
        removeFiles(dropped.names)
        return dropped
    }
}
