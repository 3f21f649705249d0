import Bytes
import CacheModel

/// One slice of a capture, and what bounds the time its shard stays locked: looking at an entry costs about 0.3 µs
/// where nothing is cached, copying 64 KiB some 10 µs.
struct CaptureSlice {
    static let entries = 128
    static let bytes = 64 << 10

    var entriesLeft = entries
    var bytesLeft = bytes
    /// Large values, to be given after the lock is left: copying one may take a millisecond.
    var large: [CapturedLarge] = []

    var isOver: Bool { entriesLeft <= 0 || bytesLeft <= 0 }

    mutating func count(_ bytes: Int) {
        entriesLeft -= 1
        bytesLeft -= bytes
    }
}

/// An entry whose value lies outside the segments: its own bytes copied, the value shared.
struct CapturedLarge {
    let key: [UInt8]
    let fields: [UInt8]
    let value: SharedBytes
    let state: EntryState
    let position: Position

    let kind: Kind

    init(_ entry: Entry, _ name: (kind: Kind, key: RawBytes), _ value: SharedBytes) {
        key = name.key.copied
        kind = name.kind
        fields = entry.fields.copied
        self.value = value
        state = entry.capturedState
        position = entry.position
    }

    func give(to sink: (borrowing Effect, Position) -> Void) {
        sink(.put(key: key.span, value: value.span, fields: fields.span, state: state, kind: kind), position)
    }
}

extension Shard {
    /// Captures what is left of the cursor's table, or a slice of it; where to go on in it, nil at its end. Behind the
    /// index's tables stand the versions that deletes left.
    func capture(
        _ cursor: CaptureCursor, _ slice: inout CaptureSlice, _ sink: (borrowing Effect, Position) -> Void
    ) -> UInt64? {
        if cursor.table < HashIndex.tableCount { return captureTable(cursor, &slice, sink) }
        return deletedVersions.walk(from: cursor.place, most: slice.entriesLeft) { $0.give(to: sink) }
    }

    /// Entries of one sub-table; where to go on in it, nil at its end.
    private func captureTable(
        _ cursor: CaptureCursor, _ slice: inout CaptureSlice, _ sink: (borrowing Effect, Position) -> Void
    ) -> UInt64? {
        index.walk(table: cursor.table, from: UInt32(truncatingIfNeeded: cursor.place)) { reference in
            let entry = store.entry(reference)
            let name = loggedName(entry.key)
            if let shared = entry.shared {
                slice.large.append(CapturedLarge(entry, name, shared.takeUnretainedValue()))
            } else {
                sink(
                    .put(
                        key: name.key.span, value: entry.inlineValue.span, fields: entry.fields.span,
                        state: entry.capturedState, kind: name.kind), entry.position)
            }
            slice.count(entry.size)
            return !slice.isOver
        }.map(UInt64.init)
    }
}

extension Entry {
    /// The state as the log has it: a sliding end as it was last recorded, so that a snapshot is the log folded and
    /// does not depend on when it looked.
    var capturedState: EntryState {
        let times = times
        let end = times.idle > 0 ? times.loggedFreshUntil : times.freshUntil
        return EntryState(
            modifiedAt: modifiedAt, lifetime: times.lifetime, freshUntil: Instant(milliseconds: end), version: version)
    }
}

extension DeletedVersions.Kept {
    func give(to sink: (borrowing Effect, Position) -> Void) {
        let end = Instant(milliseconds: until)
        sink(
            .delete(
                key: key.span, reason: .deleted, at: end.advanced(byMilliseconds: -Limits.deletedVersionKept),
                version: version, versionKeptUntil: end), position)
    }
}
