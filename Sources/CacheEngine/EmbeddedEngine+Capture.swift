import Bytes
import CacheModel

/// Capturing everything while others write.
///
/// A capture walks the tables in hash order, the first of every shard, then the second of every shard, so that those
/// who load it seldom want the same shard at once; it leaves the lock after each slice. An entry's place in
/// that order is its hash: neither growth nor writes move it across the cursor, so an entry that is there throughout is
/// seen once; one that is removed and stored again may be seen twice or not at all, and what happened to it then stands
/// in the log behind the position at which the capture began.
extension EmbeddedEngine {
    /// Gives one slice as `.put` effects at the entries' own positions, those included whose end has passed but whose
    /// removal the log does not say yet; behind all entries the caller versions that versioned deletes left
    /// there, as the `.delete` effects they came from. Returns where to go on, nil at the end.
    ///
    /// One shard stays locked for ``CaptureSlice/entries`` entries or ``CaptureSlice/bytes`` bytes, below 100 µs;
    /// `sink` is called meanwhile, except for large values, and must only copy.
    package func capture(
        from cursor: CaptureCursor, into sink: (borrowing Effect, Position) -> Void
    ) -> CaptureCursor? {
        guard cursor.part < allShardCount else { return captureBoards(from: cursor, sink) }
        var slice = CaptureSlice()
        let place = locked(shards[cursor.part]) { $0.capture(cursor, &slice, sink) }
        for entry in slice.large { entry.give(to: sink) }
        if let place { return CaptureCursor(part: cursor.part, table: cursor.table, place: place) }
        let (part, table) = (cursor.part + 1, cursor.table)
        if part < allShardCount { return CaptureCursor(part: part, table: table, place: 0) }
        if table < HashIndex.tableCount { return CaptureCursor(part: 0, table: table + 1, place: 0) }
        return CaptureCursor(part: allShardCount, table: 0, place: 0)
    }
}
