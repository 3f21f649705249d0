import CacheModel

/// Which files of a history are no longer needed.
///
/// Kept are the newest snapshots, as many as are wanted, and the newest of those that lie at or before the start of the
/// window: from it and the log behind it every moment of the window can be restored. Only a rehearsed snapshot counts
/// as one to restore from. Log that lies behind no kept snapshot is kept too, as long as no snapshot takes its place.
package struct Retention: Sendable {
    package var keep: Int
    /// The earliest moment that must be restorable.
    package var windowStart: Instant
    /// Log behind this position is being read by somebody; `.none` when by nobody.
    package var readFrom: Position?

    package init(keep: Int, windowStart: Instant, readFrom: Position? = nil) {
        self.keep = max(1, keep)
        self.windowStart = windowStart
        self.readFrom = readFrom
    }

    /// Takes what is not needed out of the manifest; returns the names of the files that may then be removed.
    package func apply(to manifest: inout Manifest) -> [String] {
        let base = base(of: manifest)
        var removed: [String] = []
        let rehearsed = manifest.snapshots.filter(\.isRehearsed)
        let newest = Set(rehearsed.suffix(keep).map(\.id))
        manifest.snapshots.removeAll { snapshot in
            // One that was not rehearsed yet is newer than all that were, or was passed over: then it goes.
            let isNeeded =
                newest.contains(snapshot.id) || snapshot.id == base?.id
                || (!snapshot.isRehearsed && snapshot.position >= rehearsed.last?.position ?? .none)
            if !isNeeded { removed.append(snapshot.name) }
            return !isNeeded
        }
        guard let base else { return removed }
        let end = min(base.position, readFrom ?? base.position)
        while let segment = manifest.segments.first, let closing = segment.closing, closing.last <= end {
            manifest.segments.removeFirst()
            removed.append(segment.name)
        }
        return removed
    }

    /// The newest snapshot from which the whole window can be restored; else the oldest, unless the log goes back to the
    /// beginning of the history and needs none.
    private func base(of manifest: Manifest) -> SnapshotEntry? {
        let rehearsed = manifest.snapshots.filter(\.isRehearsed)
        if let base = rehearsed.last(where: { $0.logTime <= windowStart }) { return base }
        let isComplete = manifest.start != .none && manifest.segments.first?.first == manifest.start
        return isComplete ? nil : rehearsed.first
    }
}
