import Bytes

/// What became of a command on a leaderboard.
public enum BoardOutcome: Sendable, Equatable {
    /// Answered; a submission was applied or changed nothing.
    case done
    case created
    /// The settings were changed.
    case replaced
    case removed
    case noBoard
    case noMember
    case noSeason
    /// A setting that cannot change differs.
    case settingsDiffer(BoardSettings.Fixed)
    /// The score, or the change of it, is outside the board's bounds or of 64 bits; `answer.previous` is what is there.
    case outOfBounds
    case seasonClosed
    /// The season has not begun.
    case seasonAhead
    case windowNotKept
    /// The board has so many columns.
    case wrongColumns(Int)
    case undeclaredGroup
    /// Dense ranks are not kept.
    case notDense
    case memoryFull
}

/// A row of a ranking. Slices lie in the answer's `bytes`.
public struct BoardRow: Sendable {
    /// Whether the member is in the ranking; if not, only its name says something.
    public var isThere = true
    public var member: ByteSlice
    public var meta: ByteSlice = .empty
    public var scores = BoardScores(count: 1)
    public var reached: UInt64 = 0
    /// By the style asked for, from 1.
    public var rank = 0
    /// From 1, without gaps.
    public var position = 0
    /// Members that are strictly better, and strictly worse.
    public var better = 0
    public var worse = 0
    /// The rank among those asked for together.
    public var rankInSet = 0

    public init(member: ByteSlice) { self.member = member }
}

/// Where a member stands in one window after a submission.
public struct BoardWindowStanding: Sendable {
    public var window: BoardWindow
    /// Nil where the member is not in it.
    public var scores: BoardScores?
    public var rank: Int
    /// Members in the window.
    public var of: Int

    public init(window: BoardWindow, scores: BoardScores?, rank: Int, of: Int) {
        self.window = window
        self.scores = scores
        self.rank = rank
        self.of = of
    }
}

/// One bar of a histogram: scores of the first column from `from` to `through`, both included.
public struct BoardBucket: Sendable, Equatable {
    public var from: Int64
    public var through: Int64
    public var count: Int

    public init(from: Int64, through: Int64, count: Int) {
        self.from = from
        self.through = through
        self.count = count
    }
}

/// A season: closed, or the open one.
public struct BoardSeasonInfo: Sendable {
    public var number: Int
    public var startedAt: Instant
    /// Nil while it is open.
    public var closedAt: Instant?
    public var members: Int
    public var rewards: [BoardReward]
    /// How many members get each of the rewards.
    public var rewarded: [Int]

    public init(
        number: Int, startedAt: Instant, closedAt: Instant?, members: Int, rewards: [BoardReward], rewarded: [Int]
    ) {
        self.number = number
        self.startedAt = startedAt
        self.closedAt = closedAt
        self.members = members
        self.rewards = rewards
        self.rewarded = rewarded
    }
}

/// What the engine says of a leaderboard.
public struct BoardAnswer: ~Copyable {
    public var outcome = BoardOutcome.done
    /// Members in the ranking looked at.
    public var of = 0
    public var rows: [BoardRow] = []
    public var bytes = IOBuffer()
    /// Whether the ranking goes on behind the last row.
    public var hasMore = false
    /// Which of the rows is the member asked for.
    public var focus = 0

    /// Of a submission: whether anything changed, and the standing in the main window before and after.
    public var changed = false
    public var previous: BoardScores?
    public var previousRank = 0
    public var windows: [BoardWindowStanding] = []

    public var settings = BoardSettings()
    /// The position of the settings' last change.
    public var settingsPosition = Position.none
    public var members = 0
    /// The season that was closed.
    public var seasonNumber = 0
    public var buckets: [BoardBucket] = []
    public var seasons: [BoardSeasonInfo] = []
    /// When the open season closes by itself.
    public var resetAt: Instant?
    /// Set with the first use, so that other commands do not pay for forgetting.
    private var isUsed = false

    public init() {}

    /// Forgets the last answer; storage past 64 KiB is given back.
    public mutating func reset() {
        guard isUsed else { return }
        isUsed = false
        outcome = .done
        of = 0
        rows.removeAll(keepingCapacity: rows.capacity <= 1024)
        bytes.removeAll(keeping: 1 << 16)
        hasMore = false
        changed = false
        previous = nil
        previousRank = 0
        windows.removeAll(keepingCapacity: true)
        buckets.removeAll()
        seasons.removeAll()
        resetAt = nil
        members = 0
    }

    /// To be called before anything is filled in.
    public mutating func begin() { isUsed = true }
}
