/// What the engine has counted since it started, and what it holds now.
public struct EngineStatistics: Sendable {
    /// Live keys (those whose end has passed but that were not removed yet are included).
    public var entries: UInt64 = 0
    /// Entries of other kinds, by ``Kind/number``; 0 for keys.
    public var states = [UInt64](repeating: 0, count: Kind.count)
    /// Bytes of memory accounted for: segments, tables, large values, indexes.
    public var memoryUsed: UInt64 = 0
    /// The limit, 0 for none.
    public var memoryLimit: UInt64 = 0
    /// Bytes of keys and values of live entries.
    public var payload: UInt64 = 0
    public var hits: UInt64 = 0
    /// Misses by ``MissReason/rawValue``.
    public var misses = [UInt64](repeating: 0, count: MissReason.allCases.count)
    public var writes: UInt64 = 0
    public var deletes: UInt64 = 0
    public var evictions: UInt64 = 0
    public var expirations: UInt64 = 0
    public var watchers: UInt64 = 0
    /// Leaderboards, and the members of all their seasons that are kept.
    public var boards: UInt64 = 0
    public var boardMembers: UInt64 = 0
    /// Live sessions (those whose time is over but whose end was not noted yet are included), and ends of sessions that
    /// are remembered.
    public var sessions: UInt64 = 0
    public var endedSessions: UInt64 = 0
    /// The last position given out.
    public var position: Position = .none

    public init() {}
}
