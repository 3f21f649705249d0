import Bytes
import CacheModel

/// Capturing everything while others write.
///
/// A capture walks the tables in hash order, shard by shard, and leaves the lock after each slice. An entry's place in
/// that order is its hash: neither growth nor writes move it across the cursor, so an entry that is there throughout is
/// seen once; one that is removed and stored again may be seen twice or not at all, and what happened to it then stands
/// in the log behind the position at which the capture began.
extension EmbeddedEngine {
    /// Gives one slice as `.put` effects at the entries' own positions, those included whose end has passed but whose
    /// removal the log does not say yet; behind each shard's entries the caller versions that versioned deletes left
    /// there, as the `.delete` effects they came from. Returns where to go on, nil at the end.
    ///
    /// One shard stays locked for ``CaptureSlice/entries`` entries or ``CaptureSlice/bytes`` bytes, below 100 µs;
    /// `sink` is called meanwhile, except for large values, and must only copy.
    package func capture(
        from cursor: CaptureCursor, into sink: (borrowing Effect, Position) -> Void
    ) -> CaptureCursor? {
        guard cursor.part < allShardCount else { return captureBoards(from: cursor, sink) }
        var cursor = cursor
        var slice = CaptureSlice()
        let isGoing = locked(shards[cursor.part]) { $0.capture(&cursor, &slice, sink) }
        for entry in slice.large { entry.give(to: sink) }
        if isGoing { return cursor }
        return CaptureCursor(part: cursor.part + 1, table: 0, place: 0)
    }
}
