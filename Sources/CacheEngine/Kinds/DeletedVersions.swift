import CacheModel

/// The caller versions that versioned deletes left behind, each for an hour, so that a late older write stays out.
///
/// Bounded: past `limit` keys a shard the oldest is forgotten. Keys are known by their whole keyed hash: two keys that
/// share it by chance are one in 2^64. Their bytes and the delete's position are kept for snapshots, which so can say
/// what the log said: a delete of a key, not of a hash that only this secret explains.
struct DeletedVersions {
    static let limit = 8192
    /// What one costs in the dictionary and the queue, about, without its key's bytes.
    static let bytesEach = 136

    struct Kept {
        var version: UInt64
        var until: Int64
        var position: Position
        var key: [UInt8]
        /// Its number in the queue, given by `leave`.
        fileprivate(set) var number: UInt64 = 0

        init(version: UInt64, until: Int64, position: Position, key: [UInt8]) {
            self.version = version
            self.until = until
            self.position = position
            self.key = key
        }
    }

    private struct Left {
        var hash: UInt64
        var until: Int64
        var keyCount: Int
    }

    private var kept: [UInt64: Kept] = [:]
    /// In order of their ends, as all are kept equally long; some may have been replaced or taken since.
    private var queue: [Left] = []
    private var first = 0
    /// How many have left the front of `queue` for good: numbers count from the first ever left behind.
    private var dropped: UInt64 = 0
    private var keyBytes = 0

    var bytes: Int { (queue.count - first) * Self.bytesEach + keyBytes }

    func find(_ hash: UInt64, now: Instant) -> UInt64? {
        guard !kept.isEmpty, let found = kept[hash], found.until > now.milliseconds else { return nil }
        return found.version
    }

    mutating func leave(_ hash: UInt64, _ left: Kept, now: Instant) {
        queue.append(Left(hash: hash, until: left.until, keyCount: left.key.count))
        keyBytes += left.key.count
        kept[hash] = left
        kept[hash]?.number = dropped + UInt64(queue.count - 1)
        trim(now: now)
    }

    mutating func take(_ hash: UInt64) {
        if !kept.isEmpty { kept[hash] = nil }
    }

    /// Visits what is kept, oldest first, from number `start` on, `most` places of the queue at most; returns the
    /// number to go on from, nil at the end. What stays meanwhile keeps its number; what is left anew gets a later one.
    func walk(from start: UInt64, most: Int, _ visit: (Kept) -> Void) -> UInt64? {
        let front = dropped + UInt64(first)
        let from = Int(max(start, front) - dropped)
        let end = min(queue.count, from + most)
        guard from < end else { return nil }
        for place in from..<end {
            if let found = kept[queue[place].hash], found.number == dropped + UInt64(place) { visit(found) }
        }
        return end == queue.count ? nil : dropped + UInt64(end)
    }

    /// Forgets what has ended, and the oldest past the limit.
    mutating func trim(now: Instant) {
        while first < queue.count {
            let oldest = queue[first]
            guard oldest.until <= now.milliseconds || queue.count - first > Self.limit else { break }
            if kept[oldest.hash]?.number == dropped + UInt64(first) { kept[oldest.hash] = nil }
            keyBytes -= oldest.keyCount
            first += 1
        }
        if first == queue.count {
            dropFront(keeping: false)
        } else if first > 1024, first * 2 > queue.count {
            dropFront(keeping: true)
        }
    }

    private mutating func dropFront(keeping: Bool) {
        dropped += UInt64(first)
        if keeping { queue.removeFirst(first) } else { queue.removeAll(keepingCapacity: false) }
        first = 0
    }
}
