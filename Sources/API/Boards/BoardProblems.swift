import CacheModel

extension Problem {
    /// What a board's outcome means where it is a refusal; nil where it is none.
    ///
    /// - Parameter previous: the score that is there, for `out-of-bounds`.
    init?(_ outcome: BoardOutcome, previous: BoardScores?) {
        switch outcome {
        case .done, .created, .replaced, .removed: return nil
        case .noBoard: self.init(.notFound, "there is no such leaderboard")
        case .noMember: self.init(.notFound, "the member is not in this ranking")
        case .noSeason: self.init(.notFound, "there is no such season, or it is no longer kept")
        case .settingsDiffer(let setting): self.init(.settingsDiffer, setting.refusal)
        case .outOfBounds:
            self.init(
                .outOfBounds, "the score, or its change, is outside min, max, max_delta or 64 bits",
                previous.map { .value($0[0]) } ?? .none)
        case .seasonClosed: self.init(.seasonClosed, "the season this is meant for has closed")
        case .seasonAhead: self.init(.unprocessable, "the season this is meant for has not begun")
        case .windowNotKept: self.init(.windowNotKept, "the leaderboard, or the closed season, keeps no such window")
        case .wrongColumns: self.init(.unprocessable, "the leaderboard has another number of columns", .notedPointer)
        case .undeclaredGroup: self.init(.unprocessable, "the leaderboard declares no such group")
        case .notDense: self.init(.notIndexed, "dense ranks are kept where the leaderboard was made with dense: true")
        case .memoryFull: self.init(.memoryFull, "memory is full and nothing may be evicted; nothing was changed")
        }
    }
}
