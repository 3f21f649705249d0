import Bytes
import CacheModel
import TestDepth
import Testing

@testable import CacheEngine

/// A board in the plainest form: every submission of every day is kept, and all else is worked out from them.
private struct ModelBoard {
    struct Member {
        var days: [(day: Int, scores: [Int64], reached: Int)] = []
        var total: (scores: [Int64], reached: Int)?
        var group = ""
    }

    var settings = BoardSettings()
    var members: [String: Member] = [:]
    var clock = 0

    func isBetter(_ left: [Int64], _ right: [Int64]) -> Bool {
        for (column, direction) in settings.columns.enumerated() where left[column] != right[column] {
            return direction == .ascending ? left[column] < right[column] : left[column] > right[column]
        }
        return false
    }

    func updated(_ old: [Int64], _ new: [Int64]) -> [Int64] {
        switch settings.update {
        case .best: isBetter(new, old) ? new : old
        case .last: new
        case .first: old
        case .sum: zip(old, new).map { $0 + $1 }
        case .minimum: zip(old, new).map { min($0, $1) }
        case .maximum: zip(old, new).map { max($0, $1) }
        }
    }

    mutating func submit(_ name: String, _ scores: [Int64], group: String, day: Int) {
        clock += 1
        var member = members[name] ?? Member()
        if !group.isEmpty { member.group = group }
        if let total = member.total {
            let new = updated(total.scores, scores)
            if new != total.scores { member.total = (new, clock) }
        } else {
            member.total = (scores, clock)
        }
        if let last = member.days.last, last.day == day {
            let new = updated(last.scores, scores)
            if new != last.scores { member.days[member.days.count - 1] = (day, new, clock) }
        } else {
            member.days.append((day, scores, clock))
        }
        members[name] = member
    }

    /// Names and scores of a window in order; ties by name where `exactTies` is false.
    func scores(_ window: BoardWindow, today: Int, group: String) -> [(name: String, scores: [Int64])] {
        var found: [(name: String, scores: [Int64])] = []
        for (name, member) in members where group.isEmpty || member.group == group {
            let first: Int
            switch window {
            case .all:
                if let total = member.total { found.append((name, total.scores)) }
                continue
            case .day: first = today
            case .week: first = today - (today + 3) % 7
            case .rolling(let days): first = today - days + 1
            }
            let days = member.days.filter { $0.day >= first }
            guard let start = days.first else { continue }
            found.append((name, days.dropFirst().reduce(start.scores) { updated($0, $1.scores) }))
        }
        return found
    }
}

@Suite struct `a board` {
    private static let windows: [BoardWindow] = [.all, .day, .week, .rolling(days: 3)]

    private static func settings(_ random: inout SplitMix64) -> BoardSettings {
        var settings = BoardSettings()
        settings.columns = (0..<Int(1 + random.next() % 3)).map { _ in
            random.next() % 2 == 0 ? .ascending : .descending
        }
        settings.update = BoardSettings.Update.allCases[Int(random.next() % 6)]
        settings.ties = BoardSettings.Ties.allCases[Int(random.next() % 3)]
        settings.windows = windows
        settings.groups = [Array("team".utf8)]
        settings.isDense = random.next() % 2 == 0
        return settings
    }

    @Test(arguments: 0..<12)
    func `agrees with a model over days, windows and groups`(round: Int) {
        let seed = testSeed(round)
        var random = SplitMix64(seed: seed)
        let boards = Boards()
        var model = ModelBoard()
        model.settings = Self.settings(&random)
        let settings = model.settings
        boards.define("b") { $0 = settings }
        for step in 0..<1500 {
            let day = Int(boards.now.milliseconds / 86_400_000)
            let name = "m\(random.next() % 60)"
            if random.next() % 20 == 0 {
                #expect((boards.withdraw("b", name) == .removed) == (model.members[name] != nil))
                model.members[name] = nil
            } else {
                let scores = settings.columns.map { _ in Int64(random.next() % 9) - 4 }
                let team = random.next() % 3 == 0 ? "t\(random.next() % 3)" : ""
                submit(boards, name, scores, team)
                model.submit(name, scores, group: team, day: day)
            }
            if random.next() % 40 == 0 { boards.now = boards.now.advanced(byMilliseconds: 50_000_000) }
            if random.next() % 4 == 0 { boards.engine.maintain(at: boards.now, worker: 0, of: 1) }
            if step % 100 == 99 { compare(boards, model, "seed \(seed), step \(step), \(settings)") }
        }
        expectRebuilt(boards, "seed \(seed)")
        boards.engine.checkInvariants()
    }

    private func submit(_ boards: Boards, _ name: String, _ scores: [Int64], _ team: String) {
        let groups = team.isEmpty ? [] : [("team", team)]
        switch scores.count {
        case 1: boards.submit("b", name, scores[0], groups: groups)
        case 2: boards.submit("b", name, scores[0], scores[1], groups: groups)
        default: boards.submit("b", name, scores[0], scores[1], scores[2], groups: groups)
        }
    }

    private func compare(_ boards: Boards, _ model: ModelBoard, _ place: String) {
        boards.sweep("b")
        boards.board("b")?.season.checkInvariants()
        let today = Int(boards.now.milliseconds / 86_400_000)
        for window in Self.windows {
            for group in ["", "t0", "t1", "t2"] {
                let rows = boards.ranking("b", window: window, group: group.isEmpty ? "" : "team", value: group)
                let expected = model.scores(window, today: today, group: group)
                #expect(Set(rows.map(\.member)) == Set(expected.map(\.name)), "\(place), \(window) \(group)")
                let scores = Dictionary(expected.map { ($0.name, $0.scores) }) { one, _ in one }
                for (index, row) in rows.enumerated() {
                    #expect(scores[row.member] == row.scores, "\(place), \(window) \(group) \(row)")
                    let better = expected.count { model.isBetter($0.scores, row.scores) }
                    let worse = expected.count { model.isBetter(row.scores, $0.scores) }
                    #expect(
                        row.rank == better + 1 && row.worse == worse && row.position == index + 1, "\(place) \(row)")
                }
            }
        }
    }

    /// Rows alone make the same board.
    private func expectRebuilt(_ boards: Boards, _ place: String) {
        let copy = Boards()
        copy.now = boards.now
        copy.engine.replay(boards.records.all)
        copy.engine.replay(boards.records.all)
        #expect(copy.engine.digest == boards.engine.digest && copy.engine.digest == boards.records.digest, "\(place)")
        boards.sweep("b")
        copy.sweep("b")
        for window in Self.windows {
            #expect(boards.ranking("b", window: window) == copy.ranking("b", window: window), "\(place) \(window)")
            for group in ["t0", "t1", "t2"] {
                #expect(
                    boards.ranking("b", window: window, group: "team", value: group)
                        == copy.ranking("b", window: window, group: "team", value: group), "\(place) \(window)")
            }
        }
        copy.board("b")?.season.checkInvariants()
    }
}
