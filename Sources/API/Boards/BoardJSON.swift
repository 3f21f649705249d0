import Bytes
import CacheModel
import HTTP1
import JSON

/// Writes what leaderboards answer.
struct BoardJSON {
    /// Integers as strings of digits, for readers whose numbers are doubles.
    var quotesScores = false

    // MARK: Scores

    /// One score, or an array of them; null for none.
    func member(
        _ name: StaticString, _ scores: BoardScores?, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.name(name, into: &out)
        guard let scores else { return json.null(into: &out) }
        if scores.count == 1 { return json.integer(scores[0], quoted: quotesScores, into: &out) }
        json.beginArray(into: &out)
        for column in 0..<scores.count { json.integer(scores[column], quoted: quotesScores, into: &out) }
        json.endArray(into: &out)
    }

    /// A rank; null for 0.
    static func member(_ name: StaticString, rank: Int, json: inout JSONWriter, into out: inout IOBuffer) {
        if rank > 0 { json.member(name, integer: rank, into: &out) } else { json.memberNull(name, into: &out) }
    }

    // MARK: Rows

    /// The members of a row in an object that has been begun.
    func append(
        _ row: BoardRow, of answer: borrowing BoardAnswer, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        let bytes = answer.bytes.readable
        let count = answer.of
        json.member("member", orBase64: "member64", bytes: bytes.extracting(row.member), into: &out)
        guard row.isThere else {
            json.memberNull("score", into: &out)
            json.memberNull("rank", into: &out)
            return
        }
        member("score", row.scores, json: &json, into: &out)
        json.member("rank", integer: row.rank, into: &out)
        json.member("position", integer: row.position, into: &out)
        json.name("percentile", into: &out)
        json.separate(into: &out)
        Self.append(percentile: row.worse, of: count, into: &out)
        json.member("of", integer: count, into: &out)
        if row.rankInSet > 0 { json.member("rank_in_set", integer: row.rankInSet, into: &out) }
        if !row.meta.isEmpty { json.member("meta", raw: bytes.extracting(row.meta), into: &out) }
        if let rewards = answer.seasons.first?.rewards, !rewards.isEmpty {
            Self.append(rewards, earnedBy: row, of: count, json: &json, into: &out)
        }
    }

    /// Hundredths of a percent, cut off: only who has nobody beside or above him would reach 100.
    private static func append(percentile worse: Int, of count: Int, into out: inout IOBuffer) {
        let hundredths = count > 0 ? worse * 10_000 / count : 0
        out.append(decimal: hundredths / 100)
        let rest = hundredths % 100
        if rest == 0 { return }
        out.append(rest < 10 ? ".0" : ".")
        out.append(decimal: rest % 10 == 0 ? rest / 10 : rest)
    }

    private static func append(
        _ rewards: [BoardReward], earnedBy row: BoardRow, of count: Int, json: inout JSONWriter,
        into out: inout IOBuffer
    ) {
        json.name("rewards", into: &out)
        json.beginArray(into: &out)
        for reward in rewards where reward.isEarned(by: row, of: count) {
            json.beginObject(into: &out)
            append(reward, json: &json, into: &out)
            json.endObject(into: &out)
        }
        json.endArray(into: &out)
    }

    private static func append(_ reward: BoardReward, json: inout JSONWriter, into out: inout IOBuffer) {
        switch reward {
        case .top(let top): json.member("top", integer: top, into: &out)
        case .percentile(let percent): json.member("percentile", integer: percent, into: &out)
        }
    }

    // MARK: Submissions

    func append(_ answer: borrowing BoardAnswer, json: inout JSONWriter, into out: inout IOBuffer) {
        let main = answer.windows.first { $0.window == .all } ?? answer.windows.first
        json.member("changed", bool: answer.changed, into: &out)
        member("previous", answer.previous, json: &json, into: &out)
        member("score", main?.scores, json: &json, into: &out)
        Self.member("rank", rank: main?.rank ?? 0, json: &json, into: &out)
        Self.member("previous_rank", rank: answer.previousRank, json: &json, into: &out)
        json.member("of", integer: main?.of ?? 0, into: &out)
        json.name("windows", into: &out)
        json.beginObject(into: &out)
        var name = IOBuffer()
        for standing in answer.windows {
            name.removeAll()
            standing.window.append(to: &name)
            json.name(utf8: name.readable, into: &out)
            json.beginObject(into: &out)
            member("score", standing.scores, json: &json, into: &out)
            Self.member("rank", rank: standing.rank, json: &json, into: &out)
            json.member("of", integer: standing.of, into: &out)
            json.endObject(into: &out)
        }
        json.endObject(into: &out)
    }

    // MARK: Seasons

    static func append(_ season: BoardSeasonInfo, json: inout JSONWriter, into out: inout IOBuffer) {
        json.member("season", integer: season.number, into: &out)
        instant("started_at", season.startedAt, json: &json, into: &out)
        instant("closed_at", season.closedAt, json: &json, into: &out)
        json.member("members", integer: season.members, into: &out)
        json.name("rewards", into: &out)
        json.beginArray(into: &out)
        for (reward, members) in zip(season.rewards, season.rewarded) {
            json.beginObject(into: &out)
            append(reward, json: &json, into: &out)
            json.member("members", integer: members, into: &out)
            json.endObject(into: &out)
        }
        json.endArray(into: &out)
    }

    static func instant(
        _ name: StaticString, _ instant: Instant?, json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.name(name, into: &out)
        guard let instant else { return json.null(into: &out) }
        json.separate(into: &out)
        out.append("\"")
        RFC3339.append(milliseconds: instant.milliseconds, into: &out)
        out.append("\"")
    }

    // MARK: Settings

    func append(_ settings: BoardSettings, json: inout JSONWriter, into out: inout IOBuffer) {
        list("columns", settings.columns.map(\.name), json: &json, into: &out)
        json.member("update", string: settings.update.name, into: &out)
        json.member("ties", string: settings.ties.name, into: &out)
        json.name("windows", into: &out)
        json.beginArray(into: &out)
        var text = IOBuffer()
        for window in settings.windows {
            text.removeAll()
            window.append(to: &text)
            json.string(text.readable, into: &out)
        }
        json.endArray(into: &out)
        json.member("tz", string: settings.zone.name.span, into: &out)
        json.member("week_start", string: BoardSettingsReader.weekdays[Int(settings.weekStart)], into: &out)
        json.name("reset", into: &out)
        if let reset = settings.reset {
            text.removeAll()
            reset.append(to: &text)
            json.string(text.readable, into: &out)
        } else {
            json.null(into: &out)
        }
        integer("max_size", settings.mostMembers.map { Int64($0) }, json: &json, into: &out)
        integer("min", settings.minimum, json: &json, into: &out)
        integer("max", settings.maximum, json: &json, into: &out)
        integer("max_delta", settings.maximumDelta, json: &json, into: &out)
        json.name("groups", into: &out)
        json.beginArray(into: &out)
        for group in settings.groups { json.string(group.span, into: &out) }
        json.endArray(into: &out)
        json.member("dense", bool: settings.isDense, into: &out)
        json.member("keep_seasons", integer: settings.keptSeasons, into: &out)
    }

    private func list(
        _ name: StaticString, _ words: [StaticString], json: inout JSONWriter, into out: inout IOBuffer
    ) {
        json.name(name, into: &out)
        json.beginArray(into: &out)
        for word in words { json.string(word, into: &out) }
        json.endArray(into: &out)
    }

    func integer(_ name: StaticString, _ value: Int64?, json: inout JSONWriter, into out: inout IOBuffer) {
        if let value {
            json.member(name, integer: value, quoted: quotesScores, into: &out)
        } else {
            json.memberNull(name, into: &out)
        }
    }
}

extension BoardReward {
    func isEarned(by row: BoardRow, of count: Int) -> Bool {
        switch self {
        case .top(let top): row.better < top
        case .percentile(let percent): row.worse * 100 >= percent * count
        }
    }
}
