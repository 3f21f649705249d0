import CacheModel

/// When an entry stops being fresh, being served and being kept, in milliseconds since 1970; `Int64.max` is never.
///
/// ```
/// written ──── fresh ────┐ freshUntil
///                        ├── staleWhileRevalidate ──┐ visibleUntil: from here on it is a miss
///                        ├── staleIfError ──────────┴────┐ removal: it leaves memory
/// ```
struct EntryTimes: Equatable {
    var freshUntil = Int64.max
    /// The end that sliding does not move.
    var expiresAt = Int64.max
    var idle: Int64 = 0
    var staleWhileRevalidate: Int64 = 0
    var staleIfError: Int64 = 0
    /// `freshUntil` as the log has it: sliding moves the entry's own at each read, the log's after a tenth of `idle`.
    var loggedFreshUntil = Int64.max

    init() {}

    /// A lifetime that begins, or whose idle time begins, at `now`.
    init(_ lifetime: Lifetime, at now: Instant) {
        self.init(lifetime, freshUntil: lifetime.expiresAt)
        if idle > 0 { freshUntil = min(expiresAt, Self.adding(now.milliseconds, idle)) }
        loggedFreshUntil = freshUntil
    }

    init(_ lifetime: Lifetime, freshUntil: Instant) {
        self.freshUntil = freshUntil.milliseconds
        expiresAt = lifetime.expiresAt.milliseconds
        idle = max(0, lifetime.idle)
        staleWhileRevalidate = max(0, lifetime.staleWhileRevalidate)
        staleIfError = max(0, lifetime.staleIfError)
        loggedFreshUntil = self.freshUntil
    }

    var lifetime: Lifetime {
        Lifetime(
            expiresAt: Instant(milliseconds: expiresAt), idle: idle, staleWhileRevalidate: staleWhileRevalidate,
            staleIfError: staleIfError)
    }

    @inline(always)
    var visibleUntil: Int64 { Self.adding(freshUntil, staleWhileRevalidate) }

    @inline(always)
    var removal: Int64 { Self.adding(freshUntil, max(staleWhileRevalidate, staleIfError)) }

    /// Whether the entry ends at some time: what the `volatile-` policies may evict.
    var isVolatile: Bool { freshUntil != .max }

    /// The optional parts of an entry these times need. A sliding entry may stop sliding within its parts.
    var flags: Entry.Flags {
        var flags: Entry.Flags = []
        if freshUntil != .max { flags.insert(.fresh) }
        if idle > 0 { flags.insert(.idle) }
        if staleWhileRevalidate > 0 || staleIfError > 0 { flags.insert(.stale) }
        return flags
    }

    /// Slides the idle lifetime of a fresh entry to a read at `now`; whether the log should be told: when more than a
    /// tenth of `idle` has passed since it last was. So a rebuilt entry ends at most a tenth of `idle` early, and an
    /// entry read often costs at most ten records an `idle`.
    mutating func slide(at now: Instant) -> Bool {
        guard idle > 0, now.milliseconds < freshUntil else { return false }
        freshUntil = max(freshUntil, min(expiresAt, Self.adding(now.milliseconds, idle)))
        guard freshUntil - loggedFreshUntil > idle / 10 else { return false }
        loggedFreshUntil = freshUntil
        return true
    }

    /// Ends freshness; the stale windows count from here, and no read slides it any more.
    mutating func end(at now: Instant) {
        freshUntil = min(freshUntil, now.milliseconds)
        expiresAt = freshUntil
        loggedFreshUntil = freshUntil
    }

    @inline(always)
    private static func adding(_ instant: Int64, _ delta: Int64) -> Int64 {
        let (sum, overflow) = instant.addingReportingOverflow(delta)
        return overflow ? .max : sum
    }
}
