import Bytes
import CacheModel

/// Building a board again from its rows. A row changes only what is older than it.
extension Board {
    /// - Returns: false for a row of a season that this board does not know yet.
    func replayMember(_ name: RawBytes, season number: Int, _ value: RawBytes, at position: Position) -> Bool {
        guard position > created else { return true }
        guard let season = season(number) else { return false }
        let reference = season.members.find(name)
        if let reference, season.members.position(reference) >= position.packed { return true }
        var reader = RowReader(value)
        guard let row = MemberRow(&reader, settings) else { return true }
        lastPosition = max(lastPosition, position)
        if season === self.season, let day = row.days.last?.day, day > season.days.today {
            season.advance(to: BoardDays(today: day, weekStart: settings.weekStart))
            planEvents()
        }
        var new = MemberState(position: position.packed, total: row.total, days: row.days)
        new.settledDay = season.days.today
        let old = reference.map { season.members.state($0) }
        for (declared, value) in row.groups.enumerated() {
            new.groups.append(value.isEmpty ? 0 : season.groups.join(declared, value))
        }
        season.change(reference, from: old, to: new, name: name, meta: row.meta)
        for group in old?.groups ?? [] { _ = season.groups.leave(group) }
        account()
        return true
    }

    func replayRemoval(of name: RawBytes, season number: Int, at position: Position) {
        guard position > created, let season = season(number), let reference = season.members.find(name),
            season.members.position(reference) < position.packed
        else { return }
        lastPosition = max(lastPosition, position)
        season.remove(reference)
        account()
    }

    /// A season has closed. One that this board never had is empty until its members' rows come.
    func replaySeason(_ number: Int, _ value: RawBytes, at position: Position) {
        guard position > created, !closed.contains(where: { $0.number == number }) else { return }
        var reader = RowReader(value)
        guard let row = SeasonRow(&reader, at: position) else { return }
        lastPosition = max(lastPosition, position)
        let season: Season
        if number == self.season.number {
            season = self.season
            beginSeason(number: number + 1, at: row.closing.at)
        } else {
            season = Season(
                number: number, startedAt: row.startedAt, settings: settings, days: days(at: row.startedAt),
                hasher: hasher, heap: heap)
        }
        finish(season, closing: row.closing)
        let place = closed.firstIndex { $0.number > number } ?? closed.count
        closed.insert(season, at: place)
        planEvents()
        account()
    }

    func replaySeasonDrop(_ number: Int, at position: Position) {
        guard position > created else { return }
        lastPosition = max(lastPosition, position)
        closed.removeAll { $0.number == number }
        account()
    }

    /// The settings have changed, or a season has begun.
    func replaySettings(_ row: BoardSettingsRow, at position: Position) {
        guard position > changed else { return }
        changed = position
        lastPosition = max(lastPosition, position)
        settings = row.settings
        if row.season > season.number || row.startedAt != season.startedAt && season.members.count == 0 {
            beginSeason(number: row.season, at: row.startedAt)
        }
        planEvents(from: row.resetsFrom)
        account()
    }
}

/// A member's row, read.
struct MemberRow {
    var total: Mark
    var days: [DayMark] = []
    var groups: [RawBytes] = []
    var meta: RawBytes

    /// Nil for one that is damaged or does not fit the board's settings.
    init?(_ reader: inout RowReader, _ settings: BoardSettings) {
        guard reader.word(1) == 1 else { return nil }
        let columns = settings.columns.count
        total = Self.mark(&reader, columns)
        for _ in 0..<reader.number(2) where !reader.isDamaged {
            let day = Int32(truncatingIfNeeded: reader.word(4))
            days.append(DayMark(day: day, mark: Self.mark(&reader, columns)))
        }
        for _ in settings.groups { groups.append(reader.counted(width: 2)) }
        meta = reader.counted(width: 4)
        if !reader.isWhole { return nil }
    }

    private static func mark(_ reader: inout RowReader, _ columns: Int) -> Mark {
        let reached = reader.word(8)
        var scores = BoardScores(count: columns)
        for column in 0..<columns { scores[column] = reader.signed() }
        return Mark(scores: scores, reached: reached)
    }
}

/// A closed season's row, read.
struct SeasonRow {
    var startedAt: Instant
    var closing: SeasonClosing

    init?(_ reader: inout RowReader, at position: Position) {
        guard reader.word(1) == 1 else { return nil }
        startedAt = Instant(milliseconds: reader.signed())
        closing = SeasonClosing(at: Instant(milliseconds: reader.signed()), rewards: [], position: position)
        for _ in 0..<reader.number(2) where !reader.isDamaged {
            let kind = reader.word(1)
            let value = Int(reader.signed())
            closing.rewards.append(kind == 0 ? .top(value) : .percentile(value))
        }
        if !reader.isWhole { return nil }
    }
}

/// A settings row, read.
struct BoardSettingsRow {
    var created: Position
    var season: Int
    var startedAt: Instant
    var resetsFrom: Instant
    var settings: BoardSettings

    init?(_ reader: inout RowReader) {
        guard reader.word(1) == 1 else { return nil }
        created = Position(packed: reader.word(8))
        season = reader.number(4)
        startedAt = Instant(milliseconds: reader.signed())
        resetsFrom = Instant(milliseconds: reader.signed())
        settings = SettingsRow.read(from: &reader)
        if !reader.isWhole { return nil }
    }
}
