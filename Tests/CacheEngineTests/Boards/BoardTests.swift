import Bytes
import CacheModel
import TestDepth
import Testing

@testable import CacheEngine

@Suite struct `a board in the engine` {
    @Test func `rebuilds closed seasons, changed settings and full boards from its records`() {
        let seed = testSeed()
        var random = SplitMix64(seed: seed)
        let boards = Boards()
        for name in ["a", "b", "c"] {
            boards.define(name) {
                $0.windows = [.all, .rolling(days: 2)]
                $0.mostMembers = 30
                $0.keptSeasons = 2
                $0.reset = .daily(minute: 90)
                $0.groups = [Array("team".utf8)]
            }
        }
        for step in 0..<3000 {
            let name = ["a", "b", "c"][Int(random.next() % 3)]
            switch random.next() % 200 {
            case 0: boards.remove(name)
            case 1, 2: boards.define(name) { $0 = Self.settings(mostMembers: Int(20 + random.next() % 20)) }
            case 3: boards.close(name, [.top(3), .percentile(50)])
            case 4..<10: _ = boards.withdraw(name, "m\(random.next() % 80)")
            case 10..<14: boards.now = boards.now.advanced(byMilliseconds: 30_000_000)
            default:
                boards.submit(
                    name, "m\(random.next() % 80)", Int64(random.next() % 1000),
                    groups: [("team", "t\(random.next() % 3)")], meta: "\(step)",
                    exactly: random.next() % 30 == 0)
            }
            boards.engine.maintain(at: boards.now, worker: 0, of: 1)
        }
        expectEqual(boards, Self.rebuilt(boards), "seed \(seed)")
        expectEqual(boards, Self.captured(boards), "seed \(seed), captured")
        boards.engine.checkInvariants()
    }

    private static func settings(mostMembers: Int) -> BoardSettings {
        var settings = BoardSettings()
        settings.windows = [.all, .rolling(days: 2)]
        settings.mostMembers = mostMembers
        settings.keptSeasons = 3
        settings.reset = .weekly(weekday: 2, minute: 0)
        settings.groups = [Array("team".utf8)]
        return settings
    }

    private static func rebuilt(_ boards: Boards) -> Boards {
        let copy = Boards()
        for record in boards.records.all { copy.engine.apply(record) }
        return copy
    }

    /// From a capture in slices, while the records of before come again.
    private static func captured(_ boards: Boards) -> Boards {
        let copy = Boards()
        var cursor: CaptureCursor? = .start
        while let current = cursor {
            cursor = boards.engine.capture(from: current) { copy.engine.apply($0, at: $1) }
        }
        return copy
    }

    private func expectEqual(_ boards: Boards, _ copy: Boards, _ place: String) {
        copy.now = boards.now
        #expect(copy.engine.digest == boards.engine.digest, "\(place): digests differ")
        for name in ["a", "b", "c"] {
            boards.sweep(name)
            copy.sweep(name)
            guard let board = boards.board(name) else {
                #expect(copy.board(name) == nil, "\(place): \(name) is still there")
                continue
            }
            #expect(copy.board(name)?.settings == board.settings && copy.board(name)?.nextReset == board.nextReset)
            #expect(copy.board(name)?.closed.map(\.number) == board.closed.map(\.number), "\(place)")
            #expect(copy.board(name)?.closed.map(\.closing) == board.closed.map(\.closing), "\(place)")
            for season in board.closed.map(\.number) + [board.season.number] {
                #expect(
                    boards.ranking(name, season: season) == copy.ranking(name, season: season), "\(place) \(season)")
                #expect(
                    boards.ranking(name, group: "team", value: "t1", season: season)
                        == copy.ranking(name, group: "team", value: "t1", season: season), "\(place) \(season)")
            }
            let window = BoardWindow.rolling(days: 2)
            #expect(boards.ranking(name, window: window) == copy.ranking(name, window: window), "\(place)")
        }
    }

    @Test func `takes rows in any order of boards and seasons`() {
        let boards = Boards()
        boards.define("a")
        boards.submit("a", "x", 1)
        boards.close("a", [])
        boards.submit("a", "y", 2)
        let records = boards.records.all
        let copy = Boards()
        copy.now = boards.now
        // The members first, then the settings as they are now, then the season that closed.
        for index in [1, 4, 3, 2, 0] { copy.engine.apply(records[index]) }
        #expect(copy.ranking("a").map(\.member) == ["y"] && copy.ranking("a", season: 1).map(\.member) == ["x"])
        #expect(copy.engine.digest == boards.engine.digest)
    }

    @Test func `is never pushed out of memory, and says when that is full`() {
        let boards = Boards(maxMemory: 4 << 20)
        boards.define("a")
        var count = 0
        while boards.submit("a", "member-\(count)", Int64(count)).outcome == .done, count < 100_000 { count += 1 }
        #expect(count > 5000 && count < 100_000, "\(count) members in 4 MiB")
        #expect(boards.submit("a", "one-more", 1).outcome == .memoryFull)
        #expect(boards.ranking("a", limit: 1).first?.worse == count - 1)
        #expect(Int(boards.engine.statistics().memoryUsed) <= 5 << 20)
        boards.remove("a")
        #expect(boards.engine.statistics().memoryUsed < 2 << 20)
        boards.engine.checkInvariants()
    }

    @Test func `brings whoever is looked at up to date before the rest`() {
        let boards = Boards()
        boards.define("a") {
            $0.windows = [.rolling(days: 1), .all]
            $0.update = .sum
        }
        for number in 0..<2000 { boards.submit("a", "m\(number)", Int64(number)) }
        boards.now = boards.now.advanced(byMilliseconds: 86_400_000)
        #expect(boards.submit("a", "m1000", 5).of == 2000)
        boards.engine.maintain(at: boards.now, worker: 0, of: 1)
        let rows = boards.ranking("a", window: .rolling(days: 1), from: 5, through: 5)
        #expect(rows.contains { $0.member == "m1000" } && rows[0].position > 1 && rows[0].position < 1900)
        boards.sweep("a")
        #expect(boards.ranking("a", window: .rolling(days: 1)).map(\.member) == ["m1000"])
        #expect(boards.ranking("a", limit: 1).first?.scores == [1999])
    }

    @Test func `ranks by the zone's days, and closes when its clocks say so`() {
        let boards = Boards()
        // Clocks go back by an hour on 2027-10-31 at 01:00 UTC.
        let zone = BoardZone(
            name: Array("Europe/Berlin".utf8), firstOffset: 7200,
            transitions: [BoardZone.Transition(from: 1_824_944_400, offset: 3600)])
        boards.now = Instant(milliseconds: 1_824_847_200_000)
        boards.define("a") {
            $0.zone = zone
            $0.windows = [.day, .all]
            $0.reset = .daily(minute: 30)
        }
        #expect(boards.board("a")?.nextReset == Instant(milliseconds: 1_824_849_000_000))
        boards.now = Instant(milliseconds: 1_824_849_000_000)
        boards.submit("a", "x", 1)
        #expect(boards.board("a")?.season.number == 2)
        #expect(boards.board("a")?.nextReset == Instant(milliseconds: 1_824_849_000_000 + 86_400_000))
        boards.now = Instant(milliseconds: 1_824_849_000_000 + 86_400_000)
        boards.submit("a", "x", 1)
        // That day has 25 hours.
        #expect(boards.board("a")?.nextReset == Instant(milliseconds: 1_824_849_000_000 + 86_400_000 + 90_000_000))
    }
}
