import Bytes

/// What became of a command on a leaderboard.
package enum BoardOutcome: Sendable, Equatable {
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
package struct BoardRow: Sendable {
    /// Whether the member is in the ranking; if not, only its name says something.
    package var isThere = true
    package var member: ByteSlice
    package var meta: ByteSlice = .empty
    package var scores = BoardScores(count: 1)
    package var reached: UInt64 = 0
    /// By the style asked for, from 1.
    package var rank = 0
    /// From 1, without gaps.
    package var position = 0
    /// Members that are strictly better, and strictly worse.
    package var better = 0
    package var worse = 0
    /// The rank among those asked for together.
    package var rankInSet = 0

    package init(member: ByteSlice) { self.member = member }
}

/// Where a member stands in one window after a submission.
package struct BoardWindowStanding: Sendable {
    package var window: BoardWindow
    /// Nil where the member is not in it.
    package var scores: BoardScores?
    package var rank: Int
    /// Members in the window.
    package var of: Int

    package init(window: BoardWindow, scores: BoardScores?, rank: Int, of: Int) {
        self.window = window
        self.scores = scores
        self.rank = rank
        self.of = of
    }
}

/// One bar of a histogram: scores of the first column from `from` to `through`, both included.
package struct BoardBucket: Sendable, Equatable {
    package var from: Int64
    package var through: Int64
    package var count: Int

    package init(from: Int64, through: Int64, count: Int) {
        self.from = from
        self.through = through
        self.count = count
    }
}

/// A season: closed, or the open one.
package struct BoardSeasonInfo: Sendable {
    package var number: Int
    package var startedAt: Instant
    /// Nil while it is open.
    package var closedAt: Instant?
    package var members: Int
    package var rewards: [BoardReward]
    /// How many members get each of the rewards.
    package var rewarded: [Int]

    package init(
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
package struct BoardAnswer: ~Copyable {
    package var outcome = BoardOutcome.done
    /// Members in the ranking looked at.
    package var of = 0
    package var rows: [BoardRow] = []
    package var bytes = IOBuffer()
    /// Whether the ranking goes on behind the last row.
    package var hasMore = false
    /// Which of the rows is the member asked for.
    package var focus = 0

    /// Of a submission: whether anything changed, and the standing in the main window before and after.
    package var changed = false
    package var previous: BoardScores?
    package var previousRank = 0
    package var windows: [BoardWindowStanding] = []

    package var settings = BoardSettings()
    /// The position of the settings' last change.
    package var settingsPosition = Position.none
    package var members = 0
    /// The season that was closed.
    package var seasonNumber = 0
    package var buckets: [BoardBucket] = []
    package var seasons: [BoardSeasonInfo] = []
    /// When the open season closes by itself.
    package var resetAt: Instant?
    /// Set with the first use, so that other commands do not pay for forgetting.
    private var isUsed = false

    package init() {}

    /// Forgets the last answer; storage past 64 KiB is given back.
    package mutating func reset() {
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
    package mutating func begin() { isUsed = true }
}
