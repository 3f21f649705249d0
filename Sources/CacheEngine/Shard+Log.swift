import CacheModel

/// Positions and effect records.
extension Shard {
    /// The position of the next change: its own, or the next of the atomic group it belongs to.
    @inline(always)
    mutating func takePosition() -> Position {
        if run.left > 0 { return run.take() }
        var single = context.pointee.takePositions(1)
        return single.take()
    }

    /// Notes a change that no entry's position shows.
    @inline(always)
    mutating func noteUntagged(_ position: Position, isLate: Bool = false) {
        lastUntagged = position
        if !isLate { lastFirm = position }
    }

    /// What the log calls an entry: its kind, and the key its kind knows it by.
    @inline(always)
    func loggedName(_ key: RawBytes) -> (kind: Kind, key: RawBytes) {
        guard holdsStates else { return (.keys, key) }
        return (Kind(number: key.start.load(as: UInt8.self)), RawBytes(start: key.start + 1, count: key.count - 1))
    }

    /// Tells the reader of the log, if there is one; callers ask `hasReader` first, so that nothing is built for
    /// nobody.
    mutating func record(_ effect: borrowing Effect, at position: Position) {
        context.pointee.reader?.record(
            effect, at: position, remaining: run.left, digestChange: digest &- recordedDigest)
        recordedDigest = digest
    }
}
