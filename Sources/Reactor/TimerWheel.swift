/// Deadlines of many connections, coarse and cheap.
///
/// A deadline that moves (a kept-alive connection gets a later one with every request) only changes a number; the wheel
/// entry stays where it is, and when it fires early it is put in again for the time that is right by then. So a busy
/// connection costs the wheel one entry a minute, whatever its request rate.
///
/// ```
/// bucket = due / tick mod buckets      tick 16 ms, 512 buckets: one round is 8 s; later deadlines go round again
/// ```
/// Bounds: a deadline fires at most one tick late (and a turn's length). An advance visits each bucket that has passed
/// once, at most all of them.
struct TimerWheel {
    struct Entry {
        var token: UInt64
        var due: Int64
    }

    static let tick: Int64 = 16
    private static let bucketCount = 512

    private var buckets = [[Entry]](repeating: [], count: bucketCount)
    private var entryCount = 0
    /// The last tick that has been visited.
    private var current: Int64

    init(now: Int64) { current = now / Self.tick }

    /// Adds an entry that fires at or soon after `due` milliseconds (monotonic).
    mutating func schedule(_ token: UInt64, at due: Int64) {
        let tick = min(max(due / Self.tick + 1, current + 1), current + Int64(Self.bucketCount) - 1)
        buckets[Int(tick % Int64(Self.bucketCount))].append(Entry(token: token, due: due))
        entryCount += 1
    }

    /// Takes the entries of the next bucket that has passed; nil when all have been taken up to `now`.
    mutating func takeNext(now: Int64) -> [Entry]? {
        let target = now / Self.tick
        while current < target {
            if entryCount == 0 {
                current = target
                return nil
            }
            current += 1
            let index = Int(current % Int64(Self.bucketCount))
            if buckets[index].isEmpty { continue }
            let taken = buckets[index]
            buckets[index] = []
            entryCount -= taken.count
            return taken
        }
        return nil
    }

    /// Milliseconds from `now` to the next non-empty bucket, `limit` when none comes before.
    func nextDelay(now: Int64, limit: Int64) -> Int64 {
        guard entryCount > 0 else { return limit }
        var tick = current + 1
        while tick * Self.tick - now < limit {
            if !buckets[Int(tick % Int64(Self.bucketCount))].isEmpty { return max(0, tick * Self.tick - now) }
            tick += 1
        }
        return limit
    }
}
