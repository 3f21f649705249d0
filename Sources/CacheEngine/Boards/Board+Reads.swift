import Bytes
import CacheModel

/// What is asked of a board.
extension Board {
    // MARK: Around a submission

    /// Where the member stood.
    func notePrevious(_ state: MemberState?, _ name: RawBytes, _ reply: inout Reply) {
        guard let state, let main = season.standing(settings.mainWindow),
            let mark = season.mark(state, in: main.window)
        else { return }
        reply.board.previous = mark.scores
        reply.board.previousRank = rank(of: mark, in: main.whole)
    }

    /// Where the member stands now, in every window.
    func describe(_ name: RawBytes, isChanged: Bool, _ reply: inout Reply) {
        reply.board.changed = isChanged
        let state = season.members.find(name).map { season.members.state($0) }
        for standing in season.standings {
            let mark = state.flatMap { season.mark($0, in: standing.window) }
            reply.board.windows.append(
                BoardWindowStanding(
                    window: standing.window, scores: mark?.scores,
                    rank: mark.map { rank(of: $0, in: standing.whole) } ?? 0, of: standing.whole.count))
        }
    }

    /// The competition rank.
    private func rank(of mark: Mark, in ladder: Ladder) -> Int {
        ladder.order.countBefore(season.rules.probe(mark.scores, behind: false)) + 1
    }

    // MARK: Views

    /// The ranking a view means and its season; nil with the outcome set. A group nobody is in is an empty ranking.
    private func find(
        _ view: borrowing BoardView, _ style: BoardRankStyle, _ reply: inout Reply
    ) -> (season: Season, ladder: Ladder?, window: BoardWindow)? {
        guard let season = season(view.season) else { return refuse(.noSeason, &reply) }
        let window = view.window ?? settings.mainWindow
        guard let standing = season.standing(window) else { return refuse(.windowNotKept, &reply) }
        if style == .dense && !settings.isDense { return refuse(.notDense, &reply) }
        guard !view.group.isEmpty else { return (season, standing.whole, window) }
        let group = view.group
        guard let declared = settings.groups.firstIndex(where: { $0.span.equals(group) }) else {
            return refuse(.undeclaredGroup, &reply)
        }
        let number = season.groups.find(declared, RawBytes(view.value))
        return (season, number.flatMap { standing.ladder(group: $0) }, window)
    }

    private func refuse<Found>(_ outcome: BoardOutcome, _ reply: inout Reply) -> Found? {
        reply.board.outcome = outcome
        return nil
    }

    // MARK: Pages

    func ranking(_ ranking: borrowing BoardRanking, _ reply: inout Reply) {
        guard let found = find(ranking.view, ranking.style, &reply) else { return }
        guard let ladder = found.ladder else { return }
        reply.board.of = ladder.count
        if found.season.isClosed { reply.board.seasons = [info(found.season)] }
        let rules = found.season.rules
        let (better, worse) =
            rules.isRising
            ? (ranking.minimum, ranking.maximum) : (ranking.maximum, ranking.minimum)
        let start = better.map { ladder.order.countBefore(rules.probe(first: $0, behind: false)) } ?? 0
        let end = worse.map { ladder.order.countBefore(rules.probe(first: $0, behind: true)) } ?? ladder.count
        var first = min(start + min(ranking.skipped, ladder.count), ladder.count)
        if let after = ranking.after {
            let name = RawBytes(ranking.afterMember)
            let key = rules.key(Mark(scores: after.scores, reached: after.reached), name: name)
            first = ladder.order.countBefore(
                RankProbe(key: key, words: rules.columns + 1, name: name, isBehindEqual: true))
        }
        let last = max(first, min(end, first + ranking.limit))
        reply.board.hasMore = last < end
        RowWriter(found.season, ladder, ranking.style).append(first..<last, &reply)
    }

    func member(_ request: borrowing BoardMemberRequest, _ reply: inout Reply) {
        if request.view.season == nil { _ = current(RawBytes(request.member)) }
        guard let found = find(request.view, request.style, &reply) else { return }
        guard let ladder = found.ladder,
            let index = index(of: RawBytes(request.member), in: ladder, found.window, found.season, request.view)
        else {
            reply.board.outcome = .noMember
            return
        }
        reply.board.of = ladder.count
        let first = max(0, index - request.around)
        let last = min(ladder.count, index + request.around + 1)
        RowWriter(found.season, ladder, request.style).append(first..<last, &reply)
        reply.board.focus = index - first
    }

    /// How many stand before a member; nil when it is not in the ranking.
    private func index(
        of name: RawBytes, in ladder: Ladder, _ window: BoardWindow, _ season: Season, _ view: borrowing BoardView
    ) -> Int? {
        guard let reference = season.members.find(name) else { return nil }
        let state = season.members.state(reference)
        guard let mark = season.mark(state, in: window) else { return nil }
        if !view.group.isEmpty {
            let group = view.group
            guard let declared = settings.groups.firstIndex(where: { $0.span.equals(group) }),
                state.groups[declared] != 0,
                state.groups[declared] == season.groups.find(declared, RawBytes(view.value))
            else { return nil }
        }
        return ladder.order.countBefore(season.rules.key(mark, name: name), reference)
    }

    // MARK: Some members

    /// Adds a row for each of some members, and its key to `keys`; false when the outcome says why not.
    func compare(
        _ comparison: borrowing BoardComparison, _ range: Range<Int>, _ keys: inout [RankKey?], _ reply: inout Reply
    ) -> Bool {
        guard let found = find(comparison.view, comparison.style, &reply) else { return false }
        reply.board.of = found.ladder?.count ?? 0
        for number in range {
            let member = comparison.bytes.extracting(comparison.members[number])
            let name = RawBytes(member)
            if comparison.view.season == nil { _ = current(name) }
            if let ladder = found.ladder,
                let index = index(of: name, in: ladder, found.window, found.season, comparison.view),
                let place = ladder.order.place(at: index)
            {
                RowWriter(found.season, ladder, comparison.style).append(index..<(index + 1), &reply)
                keys.append(ladder.order.key(at: place))
            } else {
                var row = BoardRow(member: RowWriter.append(name, &reply))
                row.isThere = false
                reply.board.rows.append(row)
                keys.append(nil)
            }
        }
        return true
    }

    // MARK: Figures

    func histogram(_ view: borrowing BoardView, buckets wanted: Int, _ reply: inout Reply) {
        guard let found = find(view, .competition, &reply) else { return }
        guard let ladder = found.ladder, let first = ladder.order.place(at: 0),
            let last = ladder.order.place(at: ladder.count - 1)
        else { return }
        let rules = found.season.rules
        reply.board.of = ladder.count
        let ends = [first, last].map { rules.score(ladder.order.key(at: $0)[0], column: 0) }
        let (low, high) = (min(ends[0], ends[1]), max(ends[0], ends[1]))
        // From the first to the last score of a bar; all bars but the last are as wide.
        let step = UInt64(bitPattern: high &- low) / UInt64(wanted)
        var from = low
        while true {
            let left = UInt64(bitPattern: high &- from)
            let through = left <= step ? high : from &+ Int64(bitPattern: step)
            reply.board.buckets.append(
                BoardBucket(from: from, through: through, count: count(from...through, in: ladder, rules)))
            if through == high { return }
            from = through + 1
        }
    }

    private func count(_ scores: ClosedRange<Int64>, in ladder: Ladder, _ rules: BoardRules) -> Int {
        let (better, worse) =
            rules.isRising ? (scores.lowerBound, scores.upperBound) : (scores.upperBound, scores.lowerBound)
        return ladder.order.countBefore(rules.probe(first: worse, behind: true))
            - ladder.order.countBefore(rules.probe(first: better, behind: false))
    }

    func describe(_ reply: inout Reply) {
        reply.board.settings = settings
        reply.board.settingsPosition = changed
        reply.board.members = season.members.count
        reply.board.resetAt = nextReset
        reply.board.seasons = [info(season)]
    }

    func seasons(_ reply: inout Reply) {
        for season in closed { reply.board.seasons.append(info(season)) }
        reply.board.seasons.append(info(season))
    }

    private func info(_ season: Season) -> BoardSeasonInfo {
        let ladder = season.standing(settings.mainWindow)?.whole
        let count = ladder?.count ?? 0
        let rewards = season.closing?.rewards ?? []
        let rewarded = rewards.map { reward in ladder.map { season.rewarded(reward, in: $0) } ?? 0 }
        return BoardSeasonInfo(
            number: season.number, startedAt: season.startedAt, closedAt: season.closing?.at, members: count,
            rewards: rewards, rewarded: rewarded)
    }
}

extension Season {
    /// How many members get a reward: those of a ladder's first ranks that are good enough.
    func rewarded(_ reward: BoardReward, in ladder: Ladder) -> Int {
        switch reward {
        case .top(let count):
            // Whoever shares the last rank that counts gets it too.
            guard let place = ladder.order.place(at: min(count, ladder.count) - 1) else { return 0 }
            return ladder.order.countBefore(probe(atScoresOf: ladder.order.key(at: place), behind: true))
        case .percentile(let percent):
            // worse × 100 ≥ percent × of, where `worse` falls from place to place.
            var low = 0
            var high = ladder.count
            while low < high {
                let middle = (low + high) / 2
                guard let place = ladder.order.place(at: middle) else { return low }
                let key = ladder.order.key(at: place)
                let worse = ladder.count - ladder.order.countBefore(probe(atScoresOf: key, behind: true))
                if worse * 100 >= percent * ladder.count { low = middle + 1 } else { high = middle }
            }
            return low
        }
    }

    private func probe(atScoresOf key: RankKey, behind: Bool) -> RankProbe {
        RankProbe(key: key, words: rules.columns, name: nil, isBehindEqual: behind)
    }
}
