/// How long an entry is fresh, and how long it may be served stale after that. All instants are absolute.
public struct Lifetime: Sendable, Equatable {
    /// The end of freshness that never moves by reading; `never` when only `idle`, or nothing, bounds it.
    public var expiresAt: Instant
    /// Sliding lifetime in milliseconds, 0 for none: freshness ends `idle` after the last read, but not past
    /// `expiresAt`.
    public var idle: Int64
    /// Milliseconds past the end of freshness in which readers get the stale value (RFC 5861 §3), 0 for none.
    public var staleWhileRevalidate: Int64
    /// Milliseconds past the end of freshness in which the value is kept for a failing origin (RFC 5861 §4), 0 for
    /// none.
    public var staleIfError: Int64

    public init(
        expiresAt: Instant = .never, idle: Int64 = 0, staleWhileRevalidate: Int64 = 0, staleIfError: Int64 = 0
    ) {
        self.expiresAt = expiresAt
        self.idle = idle
        self.staleWhileRevalidate = staleWhileRevalidate
        self.staleIfError = staleIfError
    }

    /// No end: the entry stays until it is deleted or evicted.
    public static let unlimited = Lifetime()

    /// How long past freshness the entry stays in memory, in milliseconds.
    public var staleWindow: Int64 { Swift.max(staleWhileRevalidate, staleIfError) }
}

/// What a write does to the lifetime an entry already has.
public enum LifetimeChange: Sendable, Equatable {
    /// The entry keeps what it has; a new entry gets none.
    case keep
    case set(Lifetime)
}
