import Bytes
import CacheModel

/// Points of a series: what a counter's buckets say, put together to steps.
struct CounterSeries {
    /// What becomes of several buckets in one point.
    enum Aggregate { case sum, max, last }

    struct Point {
        let start: Instant
        /// Seconds east of UTC at the start.
        let offset: Int64
        /// Nil where nothing is kept, or fell into it.
        let value: Int64?
    }

    /// Points in one answer: three months of minutes would be more than anybody looks at.
    static let most = 10_000

    let step: CounterWindow
    let zone: Zone
    let aggregate: Aggregate

    /// The finest ring that the steps from `first` to `last` can be made of; nil when there is none.
    func ring(in state: CounterState, _ settings: CounterSettings, from first: Int64, through last: Int64, now: Instant)
        -> CounterState.Ring?
    {
        var best: CounterState.Ring?
        for index in 0..<state.windowCount {
            let ring = state.ring(index)
            guard fits(ring.window, settings, from: first, through: last) else { continue }
            let oldest = ring.window.bucket(at: now, zone) - Int64(ring.window.count) + 1
            guard ring.window.bucket(at: step.start(of: first, zone), zone) >= oldest else { continue }
            if let best, best.window.milliseconds >= ring.window.milliseconds { continue }
            best = ring
        }
        return best
    }

    /// Whether each step is made of whole buckets.
    private func fits(
        _ window: CounterWindow, _ settings: CounterSettings, from first: Int64, through last: Int64
    ) -> Bool {
        guard step.milliseconds % window.milliseconds == 0 else { return false }
        switch (step.unit, window.unit) {
        case (.seconds, .seconds): return true
        case (.seconds, _): return false
        case (_, .seconds):
            // Days begin at whole buckets unless the zone's offset says otherwise.
            for bucket in first...last + 1
            where step.start(of: bucket, zone).milliseconds % window.milliseconds != 0 { return false }
            return true
        case (.days, .weeks): return false
        default: return zone.name == (settings.zone.isEmpty ? Zone.utc.name : settings.zone)
        }
    }

    func point(_ bucket: Int64, of ring: CounterState.Ring, _ state: CounterState) -> Point {
        let start = step.start(of: bucket, zone)
        let end = step.start(of: bucket + 1, zone)
        var value: Int64?
        if end > start {
            let last = ring.window.bucket(at: end.advanced(byMilliseconds: -1), zone)
            var other = ring.window.bucket(at: start, zone)
            while other <= last {
                if ring.holds(other) { value = combine(value, state.count(in: ring, other)) }
                other += 1
            }
        }
        return Point(start: start, offset: zone.offset(at: start.seconds), value: value)
    }

    private func combine(_ value: Int64?, _ count: Int64) -> Int64 {
        guard let value else { return count }
        switch aggregate {
        case .sum: return value.addingSaturating(count)
        case .max: return Swift.max(value, count)
        case .last: return count
        }
    }
}
