import Bytes

/// One operation on one leaderboard.
public struct BoardCommand: ~Escapable {
    public var board: Span<UInt8>
    public var action: BoardAction

    @_lifetime(copy board, copy action)
    public init(board: Span<UInt8>, action: consuming BoardAction) {
        self.board = board
        self.action = action
    }
}

/// What is done with a leaderboard.
public enum BoardAction: ~Escapable {
    /// Create it, or change the settings that can be changed.
    case define(BoardSettings)
    case describe
    /// Remove it with its members and seasons.
    case remove
    /// A member's score.
    case submit(BoardSubmission)
    case withdraw(member: Span<UInt8>)
    /// A page of a ranking.
    case ranking(BoardRanking)
    /// One member and its neighbours.
    case member(BoardMemberRequest)
    /// Some members, and their order among themselves.
    case compare(BoardComparison)
    case histogram(BoardView, buckets: Int)
    /// Close the season and begin the next.
    case close([BoardReward])
    case seasons
}

/// A submitted score.
public struct BoardSubmission: ~Escapable {
    public var member: Span<UInt8>
    public var scores: BoardScores
    /// JSON to show beside the score; empty leaves what is there.
    public var meta: Span<UInt8>
    /// The values of some groups; the others stay.
    public var groups: Span<BoardGroupValue>
    /// What the slices of `groups` lie in.
    public var groupBytes: Span<UInt8>
    /// The season it is meant for; nil for whichever is open.
    public var season: Int?
    /// Set exactly these scores in every window, whatever rule and bounds say.
    public var isExact: Bool

    @_lifetime(copy member, copy meta, copy groups, copy groupBytes)
    public init(
        member: Span<UInt8>, scores: BoardScores, meta: Span<UInt8>, groups: Span<BoardGroupValue>,
        groupBytes: Span<UInt8>, season: Int?, isExact: Bool
    ) {
        self.member = member
        self.scores = scores
        self.meta = meta
        self.groups = groups
        self.groupBytes = groupBytes
        self.season = season
        self.isExact = isExact
    }
}

/// The value a member has in a group: of `country`, `DE`.
public struct BoardGroupValue: Sendable {
    public var name: ByteSlice
    /// Empty: in none any more.
    public var value: ByteSlice

    public init(name: ByteSlice, value: ByteSlice) {
        self.name = name
        self.value = value
    }
}

/// Which ranking is looked at.
public struct BoardView: ~Escapable {
    /// Nil: the board's main window.
    public var window: BoardWindow?
    /// Only members with this value of this group; empty names: all.
    public var group: Span<UInt8>
    public var value: Span<UInt8>
    /// A closed season; nil for the open one.
    public var season: Int?

    @_lifetime(copy group, copy value)
    public init(window: BoardWindow?, group: Span<UInt8>, value: Span<UInt8>, season: Int?) {
        self.window = window
        self.group = group
        self.value = value
        self.season = season
    }
}

/// How members of equal score are numbered.
public enum BoardRankStyle: UInt8, Sendable {
    /// 1, 2, 2, 4
    case competition
    /// 1, 2, 2, 3
    case dense
    /// 1, 2, 3, 4
    case ordinal
}

/// A page of a ranking.
public struct BoardRanking: ~Escapable {
    public var view: BoardView
    public var style: BoardRankStyle
    /// Only scores of the first column within these.
    public var minimum: Int64?
    public var maximum: Int64?
    /// How many rows of the range are passed over.
    public var skipped: Int
    /// Go on behind this row instead.
    public var after: BoardPlace?
    public var afterMember: Span<UInt8>
    /// The most rows wanted, 1…1,000.
    public var limit: Int

    @_lifetime(copy view, copy afterMember)
    public init(
        view: consuming BoardView, style: BoardRankStyle, minimum: Int64?, maximum: Int64?, skipped: Int,
        after: BoardPlace?, afterMember: Span<UInt8>, limit: Int
    ) {
        self.view = view
        self.style = style
        self.minimum = minimum
        self.maximum = maximum
        self.skipped = skipped
        self.after = after
        self.afterMember = afterMember
        self.limit = limit
    }
}

/// Where a row stands, with its member's name: what a cursor says.
public struct BoardPlace: Sendable, Equatable {
    public var scores: BoardScores
    /// The position, packed, at which the scores were reached.
    public var reached: UInt64

    public init(scores: BoardScores, reached: UInt64) {
        self.scores = scores
        self.reached = reached
    }
}

/// One member's row and those around it.
public struct BoardMemberRequest: ~Escapable {
    public var view: BoardView
    public var member: Span<UInt8>
    public var style: BoardRankStyle
    /// How many neighbours on each side, 0…500.
    public var around: Int

    @_lifetime(copy view, copy member)
    public init(view: consuming BoardView, member: Span<UInt8>, style: BoardRankStyle, around: Int) {
        self.view = view
        self.member = member
        self.style = style
        self.around = around
    }
}

/// Several members and their order among themselves.
public struct BoardComparison: ~Escapable {
    public var view: BoardView
    public var style: BoardRankStyle
    /// At most 10,000.
    public var members: Span<ByteSlice>
    public var bytes: Span<UInt8>

    @_lifetime(copy view, copy members, copy bytes)
    public init(
        view: consuming BoardView, style: BoardRankStyle, members: Span<ByteSlice>, bytes: Span<UInt8>
    ) {
        self.view = view
        self.style = style
        self.members = members
        self.bytes = bytes
    }
}
