import CacheModel

/// How submitted scores become marks, days become windows, and marks become places in an order. Nothing here looks at
/// anything but its arguments, so a board that is rebuilt from its members' states is the same board.
struct BoardRules {
    /// How many columns there are.
    let columns: Int
    /// Whether low scores of the first column are the better ones.
    let isRising: Bool
    let update: BoardSettings.Update
    let ties: BoardSettings.Ties
    /// What is turned over in each column's word, so that better scores are smaller words.
    private let flips: RankKey

    init(_ settings: BoardSettings) {
        columns = settings.columns.count
        isRising = settings.columns[0] == .ascending
        update = settings.update
        ties = settings.ties
        var flips = RankKey()
        for (column, direction) in settings.columns.enumerated() {
            // The sign bit turns signed order into unsigned order, all others turn it round.
            flips[column] = direction == .ascending ? 1 << 63 : ~(1 << 63)
        }
        self.flips = flips
    }

    // MARK: Order

    /// A score as a word of a key.
    @inline(always)
    func word(_ score: Int64, column: Int) -> UInt64 { UInt64(bitPattern: score) ^ flips[column] }

    /// The score a key's word stands for.
    func score(_ word: UInt64, column: Int) -> Int64 { Int64(bitPattern: word ^ flips[column]) }

    /// The whole key: columns, then the tie.
    @inline(always)
    func key(_ mark: Mark, name: RawBytes) -> RankKey {
        var key = RankKey()
        for column in 0..<columns { key[column] = word(mark.scores[column], column: column) }
        key[columns] = tie(mark.reached, name: name)
        return key
    }

    @inline(always)
    private func tie(_ reached: UInt64, name: RawBytes) -> UInt64 {
        switch ties {
        case .first: return reached
        case .last: return ~reached
        case .id:
            // The name's first eight bytes spare most looks at the rest.
            var prefix: UInt64 = 0
            for index in 0..<min(8, name.count) {
                prefix |= UInt64(name.start.load(fromByteOffset: index, as: UInt8.self)) << UInt64(56 - index * 8)
            }
            return prefix
        }
    }

    /// The position a key's tie stands for; 0 where ties go by name.
    func reached(_ key: RankKey) -> UInt64 {
        switch ties {
        case .first: key[columns]
        case .last: ~key[columns]
        case .id: 0
        }
    }

    /// Before all, or behind all, members of these scores.
    func probe(_ scores: BoardScores, behind: Bool) -> RankProbe {
        var key = RankKey()
        for column in 0..<columns { key[column] = word(scores[column], column: column) }
        return RankProbe(key: key, words: columns, name: nil, isBehindEqual: behind)
    }

    /// Before all, or behind all, members with this score in the first column.
    func probe(first score: Int64, behind: Bool) -> RankProbe {
        var key = RankKey()
        key[0] = word(score, column: 0)
        return RankProbe(key: key, words: 1, name: nil, isBehindEqual: behind)
    }

    /// Whether the first scores stand before the others.
    func isBetter(_ scores: BoardScores, than others: BoardScores) -> Bool {
        for column in 0..<columns where scores[column] != others[column] {
            return word(scores[column], column: column) < word(others[column], column: column)
        }
        return false
    }

    // MARK: Updates

    /// The mark after a submission at a position; nil when a sum leaves 64 bits. A mark whose scores stay is kept as it
    /// is: a resubmitted equal score keeps its place.
    func updated(_ old: Mark?, by scores: BoardScores, at position: UInt64) -> Mark? {
        guard let old else { return Mark(scores: scores, reached: position) }
        var new = old.scores
        switch update {
        case .first: break
        case .last: new = scores
        case .best: if isBetter(scores, than: old.scores) { new = scores }
        case .minimum: for column in 0..<columns { new[column] = min(new[column], scores[column]) }
        case .maximum: for column in 0..<columns { new[column] = max(new[column], scores[column]) }
        case .sum:
            for column in 0..<columns {
                let (sum, overflow) = new[column].addingReportingOverflow(scores[column])
                if overflow { return nil }
                new[column] = sum
            }
        }
        return new == old.scores ? old : Mark(scores: new, reached: position)
    }

    // MARK: Windows

    /// One mark for several days, rising: what the update rule would have made of them. Nil for no day.
    ///
    /// Sums stay within 64 bits even where days that were negative have left.
    func combined(_ days: ArraySlice<DayMark>) -> Mark? {
        guard let first = days.first?.mark, let last = days.last?.mark else { return nil }
        if days.count == 1 { return first }
        switch update {
        case .first: return first
        case .last:
            var mark = last
            for day in days.reversed() {
                guard day.mark.scores == last.scores else { break }
                mark = day.mark
            }
            return mark
        case .best:
            return days.dropFirst().reduce(first) { isBetter($1.mark.scores, than: $0.scores) ? $1.mark : $0 }
        case .minimum: return extremes(days) { $0 < $1 }
        case .maximum: return extremes(days) { $0 > $1 }
        case .sum: return sum(days)
        }
    }

    /// Each column's extreme over the days, reached when the last of them was.
    private func extremes(_ days: ArraySlice<DayMark>, _ isMore: (Int64, Int64) -> Bool) -> Mark {
        var scores = BoardScores(count: columns)
        var reached: UInt64 = 0
        for column in 0..<columns {
            let best = days.dropFirst().reduce(days[days.startIndex].mark) {
                isMore($1.mark.scores[column], $0.scores[column]) ? $1.mark : $0
            }
            scores[column] = best.scores[column]
            reached = max(reached, best.reached)
        }
        return Mark(scores: scores, reached: reached)
    }

    /// The sum over the days, reached with the last day that added anything.
    private func sum(_ days: ArraySlice<DayMark>) -> Mark {
        var sums = BoardScores(count: columns)
        let zero = sums
        for column in 0..<columns {
            // 366 numbers of 64 bits fit 128.
            let sum = days.reduce(Int128(0)) { $0 + Int128($1.mark.scores[column]) }
            sums[column] = Int64(clamping: sum)
        }
        let moving = days.last { $0.mark.scores != zero } ?? days[days.startIndex]
        return Mark(scores: sums, reached: moving.mark.reached)
    }
}

/// The days that count now.
struct BoardDays: Equatable {
    /// Days since 1970-01-01 in the board's zone.
    var today: Int32
    /// The day this week began with.
    var week: Int32

    init(today: Int32, weekStart: UInt8) {
        self.today = today
        // 1970-01-01 was a Thursday.
        let weekday = ((Int(today) + 3) % 7 + 7) % 7
        week = today - Int32((weekday - Int(weekStart) + 7) % 7)
    }
}
