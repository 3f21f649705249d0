import CacheModel

/// The caller versions that versioned deletes left behind, each for an hour, so that a late older write stays out.
///
/// Bounded: past `limit` keys a shard the oldest is forgotten. Keys are known by their whole keyed hash: two keys that
/// share it by chance are one in 2^64.
struct DeletedVersions {
    static let limit = 8192
    /// What one costs in the dictionary and the queue, about.
    static let bytesEach = 72

    struct Kept {
        var version: UInt64
        var until: Int64
    }

    private var kept: [UInt64: Kept] = [:]
    /// In order of their ends, as all are kept equally long; some may have been replaced or taken since.
    private var queue: [(hash: UInt64, until: Int64)] = []
    private var first = 0

    var bytes: Int { (queue.count - first) * Self.bytesEach }

    func find(_ hash: UInt64, now: Instant) -> UInt64? {
        guard !kept.isEmpty, let found = kept[hash], found.until > now.milliseconds else { return nil }
        return found.version
    }

    mutating func leave(_ hash: UInt64, version: UInt64, until: Int64, now: Instant) {
        kept[hash] = Kept(version: version, until: until)
        queue.append((hash, until))
        trim(now: now)
    }

    mutating func take(_ hash: UInt64) {
        if !kept.isEmpty { kept[hash] = nil }
    }

    /// Forgets what has ended, and the oldest past the limit.
    mutating func trim(now: Instant) {
        while first < queue.count {
            let oldest = queue[first]
            guard oldest.until <= now.milliseconds || queue.count - first > Self.limit else { break }
            if kept[oldest.hash]?.until == oldest.until { kept[oldest.hash] = nil }
            first += 1
        }
        if first == queue.count {
            queue.removeAll(keepingCapacity: false)
            first = 0
        } else if first > 1024, first * 2 > queue.count {
            queue.removeFirst(first)
            first = 0
        }
    }
}
