import CacheModel

/// The log's time: it runs with the monotonic clock, is pulled forward to the wall clock, and never goes back.
struct LogClock: Sendable {
    private(set) var last: Instant
    private var lastMonotonic: Int64?
    private var lastWall = Instant(milliseconds: 0)

    /// - Parameter last: of the record before.
    init(after last: Instant) { self.last = last }

    /// The time of what is written now; `monotonic` in milliseconds.
    /// - Returns: with how far the wall clock has been set since the last call, when that is over a second.
    mutating func advance(wall: Instant, monotonic: Int64) -> (time: Instant, step: Int64?) {
        var step: Int64?
        var time = max(last, wall)
        if let lastMonotonic {
            let passed = max(0, monotonic - lastMonotonic)
            time = max(time, last.advanced(byMilliseconds: passed))
            let drift = wall.since(lastWall) - passed
            if abs(drift) > 1000 { step = drift }
        }
        last = time
        lastMonotonic = monotonic
        lastWall = wall
        return (time, step)
    }
}
