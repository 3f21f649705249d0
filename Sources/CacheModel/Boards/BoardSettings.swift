/// What a leaderboard is: its columns and the rules they are kept by.
public struct BoardSettings: Sendable, Equatable {
    /// Which scores of a column are better.
    public enum Direction: UInt8, Sendable { case ascending, descending }

    /// What a submitted score does to the one that is there.
    public enum Update: UInt8, Sendable, CaseIterable { case best, last, sum, minimum, maximum, first }

    /// Who comes first among members of equal score: who reached it first, who reached it last, or by name.
    public enum Ties: UInt8, Sendable, CaseIterable { case first, last, id }

    /// One to three.
    public var columns: [Direction] = [.descending]
    public var update = Update.best
    public var ties = Ties.first
    /// What is ranked, each once; at least one, at most eight.
    public var windows: [BoardWindow] = [.all]
    /// The zone in which days begin, and its name as it was given.
    public var zone = BoardZone.utc
    /// 0 for Monday to 6 for Sunday.
    public var weekStart: UInt8 = 0
    /// When a season closes by itself.
    public var reset: BoardReset?
    /// Members kept, the best of them; nil for all.
    public var mostMembers: Int?
    /// Bounds of the first column, and of how much a submission may change it.
    public var minimum: Int64?
    public var maximum: Int64?
    public var maximumDelta: Int64?
    /// Names of the groups that are ranked by themselves: for each, members are ranked among those of equal value.
    public var groups: [[UInt8]] = []
    /// Whether dense ranks are kept, at the price of a second index.
    public var isDense = false
    /// How many closed seasons are kept, 0…1,000.
    public var keptSeasons = 12

    public init() {}

    /// The window that is meant where none is named.
    public var mainWindow: BoardWindow { windows.contains(.all) ? .all : windows[0] }

    /// The settings that cannot change once a board is there: what is kept follows from them.
    public enum Fixed: UInt8, Sendable { case columns, update, ties, windows, zone, weekStart, groups, dense }

    /// The first fixed setting that differs; nil when there is none.
    public func fixedDifference(from other: BoardSettings) -> Fixed? {
        if columns != other.columns { return .columns }
        if update != other.update { return .update }
        if ties != other.ties { return .ties }
        if windows != other.windows { return .windows }
        if zone != other.zone { return .zone }
        if weekStart != other.weekStart { return .weekStart }
        if groups != other.groups { return .groups }
        return isDense != other.isDense ? .dense : nil
    }
}

/// A stretch of time that is ranked by itself.
public enum BoardWindow: Sendable, Hashable {
    /// The whole season.
    case all
    /// Since midnight, or since midnight of the day weeks begin with.
    case day, week
    /// Today and the days before it, so many in all, 1…366.
    case rolling(days: Int)

    /// How many days of marks it looks at; 0 where it needs none.
    public var days: Int {
        switch self {
        case .all: 0
        case .day: 1
        case .week: 7
        case .rolling(let days): days
        }
    }
}

/// When a season closes by itself, in minutes after midnight of the board's zone.
public enum BoardReset: Sendable, Equatable {
    case daily(minute: Int)
    /// 0 for Monday.
    case weekly(weekday: Int, minute: Int)
    /// Day 1…28.
    case monthly(day: Int, minute: Int)
}

/// What the members of a closed season get: a line for those who are in it.
public enum BoardReward: Sendable, Equatable {
    /// The best so many, by competition rank.
    case top(Int)
    /// Those with at least so many percent of all members strictly worse, 0…100.
    case percentile(Int)
}
