/// What the engine has counted since it started, and what it holds now.
package struct EngineStatistics: Sendable {
    /// Live keys (those whose end has passed but that were not removed yet are included).
    package var entries: UInt64 = 0
    /// Entries of other kinds, by ``Kind/number``; 0 for keys.
    package var states = [UInt64](repeating: 0, count: Kind.count)
    /// Bytes of memory accounted for: segments, tables, large values, indexes.
    package var memoryUsed: UInt64 = 0
    /// The limit, 0 for none.
    package var memoryLimit: UInt64 = 0
    /// Bytes of keys and values of live entries.
    package var payload: UInt64 = 0
    package var hits: UInt64 = 0
    /// Misses by ``MissReason/rawValue``.
    package var misses = [UInt64](repeating: 0, count: MissReason.allCases.count)
    package var writes: UInt64 = 0
    package var deletes: UInt64 = 0
    package var evictions: UInt64 = 0
    package var expirations: UInt64 = 0
    package var watchers: UInt64 = 0
    /// Leaderboards, and the members of all their seasons that are kept.
    package var boards: UInt64 = 0
    package var boardMembers: UInt64 = 0
    /// Live sessions (those whose time is over but whose end was not noted yet are included), and ends of sessions that
    /// are remembered.
    package var sessions: UInt64 = 0
    package var endedSessions: UInt64 = 0
    /// The last position given out.
    package var position: Position = .none

    package init() {}
}
