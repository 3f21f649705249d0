import CacheModel

/// Says when the next snapshot is due: by time, or by what the log has grown; never while nothing has changed. After a
/// failure the next attempt waits a minute.
struct SnapshotSchedule {
    private static let pause: Int64 = 60_000

    private let every: Int64
    private let growth: UInt64
    private var lastMade: Instant?
    private var lastPosition: Position
    private var lastBytes: UInt64
    private var notBefore = Instant(milliseconds: .min)

    init(_ options: SnapshotOptions, manifest: Manifest) {
        every = options.every
        growth = options.growth
        lastMade = manifest.snapshots.last?.madeAt
        lastPosition = manifest.snapshots.last?.position ?? .none
        lastBytes = 0
    }

    mutating func isDue(at now: Instant, position: Position, bytes: UInt64) -> Bool {
        guard position.number > lastPosition.number, now >= notBefore else { return false }
        if growth > 0, bytes - lastBytes >= growth { return true }
        guard every > 0 else { return false }
        // The first of a history, and one after the clock was set back, count from now.
        guard let last = lastMade, last <= now else {
            lastMade = now
            return false
        }
        return now.since(last) >= every
    }

    mutating func began(at now: Instant, bytes: UInt64) {
        lastMade = now
        lastBytes = bytes
        notBefore = now.advanced(byMilliseconds: Self.pause)
    }

    mutating func made(_ position: Position) {
        lastPosition = position
        notBefore = Instant(milliseconds: .min)
    }
}
