import CacheModel

/// A state that nobody writes to, at a position, as a snapshot's writer sees it: it is its own log, which says nothing
/// more. Lifetimes may be shifted on the way.
final class StillState: DurableState, SnapshotLog {
    private let state: any DurableState
    private let end: LogEnd
    private let shift: Int64

    /// - Parameter shift: milliseconds that every end of a lifetime moves by.
    init(_ state: any DurableState, at end: LogEnd, shiftedBy shift: Int64) {
        self.state = state
        self.end = end
        self.shift = shift
    }

    var digest: UInt64 { state.digest }
    var lastPosition: Position { end.last }
    var bytesWritten: UInt64 { 0 }

    func apply(_ effect: borrowing Effect, at position: Position) { state.apply(effect, at: position) }
    func forgetDepartures() {}

    func capture(
        from cursor: CaptureCursor, into sink: (borrowing Effect, Position) -> Void
    ) -> CaptureCursor? {
        if shift == 0 { return state.capture(from: cursor, into: sink) }
        return state.capture(from: cursor) { effect, position in
            switch copy effect {
            case .put(let key, let value, let fields, let state, let kind):
                sink(.put(key: key, value: value, fields: fields, state: shifted(state), kind: kind), position)
            case .delete(let key, let reason, let at, let version, let keptUntil, let kind):
                sink(
                    .delete(
                        key: key, reason: reason, at: moved(at), version: version, versionKeptUntil: moved(keptUntil),
                        kind: kind),
                    position)
            case .extend, .truncate, .patch, .lifetime: preconditionFailure("a capture gives puts and deletes")
            }
        }
    }

    private func shifted(_ state: EntryState) -> EntryState {
        var moved = state
        moved.freshUntil = self.moved(state.freshUntil)
        moved.lifetime.expiresAt = self.moved(state.lifetime.expiresAt)
        return moved
    }

    private func moved(_ instant: Instant) -> Instant {
        instant == .never ? .never : instant.advanced(byMilliseconds: shift)
    }

    // MARK: The log

    func point(atLeast position: Position) throws(SnapshotFailure) -> LogPoint {
        LogPoint(position: end.last, logTime: end.lastTime, digest: state.digest)
    }

    func read(
        after start: Position, through end: Position, _ body: (borrowing Effect, Position, Int) -> Void
    ) throws(SnapshotFailure) {}

    func sync(through position: Position) throws(SnapshotFailure) {}
}
