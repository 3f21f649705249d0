/// Active expiry: takes entries out of memory whose time is over and whom nobody asks for. (Those that are asked for
/// are judged and removed by the asking itself: no ended entry is ever served.)
///
/// Each segment knows a time before which nothing in it ends, each shard the earliest of these. A call of `maintain`
/// goes on round the shard's segments and looks through those that are due, until its budget is spent:
/// - `scans`: entries looked at. At least `smallestScan` and a 256th of the shard's entries, so that a round in which
///   every segment is due takes 256 calls, 2.6 s at one call in 10 ms; doubled, up to 16 times that, while more than a
///   quarter of what is looked at has ended, halved while less has.
/// - `removals`: a removal costs some 200 ns, so the 4,096 of one call over all shards of a worker stay below a
///   millisecond. A session leaves an end behind, which costs some 2.4 µs: it counts as twelve.
/// - `descriptors`: segments asked whether they are due, a few nanoseconds each.
///
/// A segment that was looked through rests for `rest`: entries that end in between stay in memory that much longer,
/// rather than the segment being looked through for each of them.
struct ExpirySweep {
    static let smallestScan = 256
    static let largestScan = 32 << 10
    static let removals = 4096
    static let removalsOfSession = 12
    static let descriptors = 1024
    static let rest: Int64 = 250
    /// Where nothing is evicted, room comes from what has ended alone: then a short rest is worth its price.
    static let restWithoutEviction: Int64 = 20

    /// The segment to look at next.
    var cursor = 1
    private var zeal = 1

    /// How many entries to look at, when `share` shards share a worker's time.
    func scans(entries: Int, share: Int) -> Int {
        min(max(Self.smallestScan, entries / 256) * zeal, max(Self.smallestScan, Self.largestScan / share))
    }

    mutating func adapt(scanned: Int, removed: Int) {
        guard scanned > 0 else { return }
        zeal = removed * 4 > scanned ? min(16, zeal * 2) : max(1, zeal / 2)
    }
}
