import Bytes
import CacheEngine
import CacheModel

/// Leaderboards: submits and ranks of boards of several sizes, and what a member takes.
enum BoardBench {
    static func run() {
        for members in [1000, 100_000, 1_000_000] { run(members: members) }
    }

    private static func run(members: Int) {
        var bench = Bench()
        let before = bench.engine.statistics().memoryUsed
        let resident = residentBytes()
        bench.board(.define(BoardSettings()))
        var key = KeyText()
        var random = SplitMix64(seed: 9)
        let load = nanoseconds(members) {
            for number in 0..<members {
                key.set(number)
                bench.submit(key.bytes.span, Int64(random.next() >> 34))
            }
        }
        let used = Int(bench.engine.statistics().memoryUsed - before)
        let grown = residentBytes() - resident
        let count = 1_000_000
        let better = nanoseconds(count) {
            for step in 0..<count {
                key.set(Int(random.next() % UInt64(members)))
                // Every score is better than the last, and lands anywhere above it.
                bench.submit(key.bytes.span, Int64(1 << 30 + step) &+ Int64(random.next() >> 34))
            }
        }
        let same = nanoseconds(count) {
            for _ in 0..<count {
                key.set(Int(random.next() % UInt64(members)))
                bench.submit(key.bytes.span, 0)
            }
        }
        let ranks = nanoseconds(count) {
            for _ in 0..<count {
                key.set(Int(random.next() % UInt64(members)))
                bench.rank(key.bytes.span)
            }
        }
        let pages = nanoseconds(10_000) {
            for _ in 0..<10_000 { bench.page(at: Int(random.next() % UInt64(members))) }
        }
        print(
            "\(members) members: first submit \(Int(load)) ns, better \(Int(better)), no better \(Int(same)), "
                + "rank \(Int(ranks)), page of 50 rows \(Int(pages)); "
                + "\(used / members) bytes a member, resident \(grown / members)")
    }
}

extension Bench {
    private static var name: [UInt8] { Array("race".utf8) }

    mutating func board(_ action: consuming BoardAction) {
        let name = Self.name
        _ = engine.execute(
            .board(BoardCommand(board: name.span, action: action)), at: now, ticket: Ticket(packed: 0), reply: &reply)
    }

    mutating func submit(_ member: Span<UInt8>, _ score: Int64) {
        board(
            .submit(
                BoardSubmission(
                    member: member, scores: BoardScores(score), meta: Span(), groups: Span(), groupBytes: Span(),
                    season: nil, isExact: false)))
    }

    mutating func rank(_ member: Span<UInt8>) {
        let view = BoardView(window: nil, group: Span(), value: Span(), season: nil)
        board(.member(BoardMemberRequest(view: view, member: member, style: .competition, around: 0)))
        precondition(reply.board.rows.count == 1)
    }

    mutating func page(at place: Int) {
        let view = BoardView(window: nil, group: Span(), value: Span(), season: nil)
        board(
            .ranking(
                BoardRanking(
                    view: view, style: .competition, minimum: nil, maximum: nil, skipped: place, after: nil,
                    afterMember: Span(), limit: 50)))
    }
}
