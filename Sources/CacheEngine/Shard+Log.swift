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

    /// Tells the reader of the log, if there is one; callers ask `hasReader` first, so that nothing is built for
    /// nobody.
    mutating func record(_ effect: borrowing Effect, at position: Position) {
        context.pointee.reader?.record(
            effect, at: position, remaining: run.left, digestChange: digest &- recordedDigest)
        recordedDigest = digest
    }
}
