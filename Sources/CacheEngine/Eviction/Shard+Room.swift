import CacheModel

extension Shard {
    /// Makes room for a segment at the end of a chain, if one is named, and for bytes outside the segments.
    mutating func makeRoom(segment: SegmentStore.ChainName?, large: Int, now: Instant) -> Room {
        let wanted = large + (segment == nil ? 0 : SegmentStore.segmentBytes)
        guard context.pointee.account.hasRoom(for: wanted) else { return .missing(wanted) }
        if let segment { store.extend(segment) }
        return .ready
    }
}
