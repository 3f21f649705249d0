import Bytes
import CacheModel

/// Writes rows of a ranking into a reply: one way down for the first, then from leaf to leaf.
struct RowWriter {
    private let season: Season
    private let ladder: Ladder
    private let style: BoardRankStyle

    init(_ season: Season, _ ladder: Ladder, _ style: BoardRankStyle) {
        self.season = season
        self.ladder = ladder
        self.style = style
    }

    /// Appends a name or other bytes to the reply's.
    static func append(_ bytes: RawBytes, _ reply: inout Reply) -> ByteSlice {
        let slice = ByteSlice(start: reply.board.bytes.count, count: bytes.count)
        reply.board.bytes.append(bytes.span)
        return slice
    }

    /// Appends the rows of some places.
    func append(_ places: Range<Int>, _ reply: inout Reply) {
        guard var place = ladder.order.place(at: places.lowerBound) else { return }
        let begin = reply.board.rows.count
        var run = Run(ladder, season.rules, at: place, places.lowerBound)
        for index in places {
            let key = ladder.order.key(at: place)
            if !run.isEqual(to: key) {
                for row in begin + run.start - places.lowerBound..<reply.board.rows.count {
                    reply.board.rows[row].worse = ladder.count - index
                }
                run.next(key, at: index)
            }
            reply.board.rows.append(row(at: place, key, index, run, &reply))
            guard let next = ladder.order.next(place) else { break }
            place = next
        }
        // The last run of equal scores may go on behind the page.
        let behind = ladder.order.countBefore(run.probe(behind: true))
        for row in max(begin, begin + run.start - places.lowerBound)..<reply.board.rows.count {
            reply.board.rows[row].worse = ladder.count - behind
        }
    }

    private func row(
        at place: RankTree.Place, _ key: RankKey, _ index: Int, _ run: Run, _ reply: inout Reply
    ) -> BoardRow {
        let reference = ladder.order.reference(at: place)
        var row = BoardRow(member: Self.append(season.members.name(reference), &reply))
        row.meta = Self.append(season.members.meta(reference), &reply)
        row.scores = BoardScores(count: season.rules.columns)
        for column in 0..<season.rules.columns {
            row.scores[column] = season.rules.score(key[column], column: column)
        }
        row.reached = season.rules.reached(key)
        row.position = index + 1
        row.better = run.before
        switch style {
        case .competition: row.rank = run.before + 1
        case .dense: row.rank = run.distinct + 1
        case .ordinal: row.rank = index + 1
        }
        return row
    }

    /// Rows of equal scores.
    private struct Run {
        private let words: Int
        private var key: RankKey
        /// The place of its first row on the page.
        private(set) var start: Int
        /// Members, and distinct scores, that are better.
        private(set) var before: Int
        private(set) var distinct: Int

        init(_ ladder: Ladder, _ rules: BoardRules, at place: RankTree.Place, _ index: Int) {
            words = rules.columns
            key = ladder.order.key(at: place)
            start = index
            before = 0
            distinct = ladder.distinctBefore(key)
            before = ladder.order.countBefore(probe(behind: false))
        }

        func isEqual(to other: RankKey) -> Bool {
            for word in 0..<words where key[word] != other[word] { return false }
            return true
        }

        mutating func next(_ key: RankKey, at index: Int) {
            self.key = key
            start = index
            before = index
            distinct += 1
        }

        func probe(behind: Bool) -> RankProbe {
            RankProbe(key: key, words: words, name: nil, isBehindEqual: behind)
        }
    }
}
