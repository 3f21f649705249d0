import CacheModel

/// A score and when it was reached.
struct Mark: Equatable {
    var scores: BoardScores
    /// The position, packed, at which these scores were reached.
    var reached: UInt64
}

/// What a member did on one day: the day's mark by the board's update rule.
struct DayMark: Equatable {
    /// Days since 1970-01-01 in the board's zone.
    var day: Int32
    var mark: Mark
}

/// All that is known of a member but its name and meta: every window and group ranking follows from it.
struct MemberState: Equatable {
    /// The position, packed, of the last change.
    var position: UInt64
    /// Over the whole season.
    var total: Mark
    /// By day, rising; no further back than the board's windows look.
    var days: [DayMark] = []
    /// The day by which rolling windows count this member: marks that leave a window later are still in it.
    var settledDay: Int32 = 0
    /// The number of the member's group for each of the board's groups, 0 where it has none; empty when the board has
    /// no groups.
    var groups: [UInt32] = []
}
