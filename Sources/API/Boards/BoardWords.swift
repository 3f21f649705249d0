import Bytes
import CacheModel

/// The words of leaderboards in JSON and in parameters.
extension BoardSettings.Update {
    var name: StaticString {
        switch self {
        case .best: "best"
        case .last: "last"
        case .sum: "sum"
        case .minimum: "min"
        case .maximum: "max"
        case .first: "first"
        }
    }
}

extension BoardSettings.Ties {
    var name: StaticString {
        switch self {
        case .first: "first"
        case .last: "last"
        case .id: "id"
        }
    }
}

extension BoardSettings.Direction {
    var name: StaticString { self == .ascending ? "asc" : "desc" }
}

extension BoardSettings.Fixed {
    /// What to tell who wants to change it.
    var refusal: StaticString {
        switch self {
        case .columns: "columns cannot change once the leaderboard is there"
        case .update: "update cannot change once the leaderboard is there"
        case .ties: "ties cannot change once the leaderboard is there"
        case .windows: "windows cannot change once the leaderboard is there"
        case .zone: "tz cannot change once the leaderboard is there"
        case .weekStart: "week_start cannot change once the leaderboard is there"
        case .groups: "groups cannot change once the leaderboard is there"
        case .dense: "dense cannot change once the leaderboard is there"
        }
    }
}

extension BoardWindow {
    /// `all`, `day`, `week` or `rolling:7d`; nil for anything else.
    init?(text: Span<UInt8>) {
        if text.equals("all") {
            self = .all
        } else if text.equals("day") {
            self = .day
        } else if text.equals("week") {
            self = .week
        } else {
            guard text.starts(with: "rolling:"), text.count > 9, text[text.count - 1] == UInt8(ascii: "d"),
                text[8] != UInt8(ascii: "0"), let days = text.extracting(8..<(text.count - 1)).decimalValue(),
                (1...366).contains(days)
            else { return nil }
            self = .rolling(days: Int(days))
        }
    }

    func append(to out: inout IOBuffer) {
        switch self {
        case .all: out.append("all")
        case .day: out.append("day")
        case .week: out.append("week")
        case .rolling(let days):
            out.append("rolling:")
            out.append(decimal: days)
            out.append("d")
        }
    }
}

extension BoardReset {
    func append(to out: inout IOBuffer) {
        let minute: Int
        switch self {
        case .daily(let given):
            out.append("daily@")
            minute = given
        case .weekly(let weekday, let given):
            out.append("weekly:")
            out.append(BoardSettingsReader.weekdays[weekday])
            out.append("@")
            minute = given
        case .monthly(let day, let given):
            out.append("monthly:")
            out.append(decimal: day)
            out.append("@")
            minute = given
        }
        Self.append(twoDigits: minute / 60, to: &out)
        out.append(":")
        Self.append(twoDigits: minute % 60, to: &out)
    }

    private static func append(twoDigits value: Int, to out: inout IOBuffer) {
        if value < 10 { out.append("0") }
        out.append(decimal: value)
    }
}
