import Bytes
import CacheModel

@testable import CacheEngine

/// An engine with leaderboards, asked in plain words, and all rows it told.
final class Boards {
    let engine: EmbeddedEngine
    let records = Recorder()
    var now = Instant(milliseconds: 1_800_000_000_000)
    private var reply = Reply()

    init(maxMemory: Int = 0) {
        engine = EmbeddedEngine(
            configuration: EngineConfiguration(shards: 4, maxMemory: maxMemory, hashSecret: (1, 2), seed: 3),
            completions: Completions(), reader: records)
    }

    /// Runs one action and lets `look` see the answer.
    func run<Result>(_ board: String, _ action: consuming BoardAction, _ look: (borrowing Reply) -> Result) -> Result {
        let name = Array(board.utf8)
        reply.beginRequest()
        _ = engine.execute(
            .board(BoardCommand(board: name.span, action: action)), at: now, ticket: Ticket(packed: 0), reply: &reply)
        return look(reply)
    }

    @discardableResult
    func define(_ board: String, _ change: (inout BoardSettings) -> Void = { _ in }) -> BoardOutcome {
        var settings = BoardSettings()
        change(&settings)
        return run(board, .define(settings)) { $0.board.outcome }
    }

    struct Submitted: Equatable {
        var outcome: BoardOutcome
        var changed: Bool
        var previous: Int64?
        var score: Int64?
        var rank: Int
        var previousRank: Int
        var of: Int
    }

    @discardableResult
    func submit(
        _ board: String, _ member: String, _ scores: Int64..., groups: [(String, String)] = [], meta: String = "",
        season: Int? = nil, exactly: Bool = false
    ) -> Submitted {
        var bytes: [UInt8] = []
        var values: [BoardGroupValue] = []
        for (name, value) in groups {
            let start = bytes.count
            bytes += Array(name.utf8) + Array(value.utf8)
            values.append(
                BoardGroupValue(
                    name: ByteSlice(start: start, count: name.utf8.count),
                    value: ByteSlice(start: start + name.utf8.count, count: value.utf8.count)))
        }
        var columns = BoardScores(count: scores.count)
        for (index, score) in scores.enumerated() { columns[index] = score }
        let (name, meta) = (Array(member.utf8), Array(meta.utf8))
        let submission = BoardSubmission(
            member: name.span, scores: columns, meta: meta.span, groups: values.span, groupBytes: bytes.span,
            season: season, isExact: exactly)
        return run(board, .submit(submission)) { reply in
            let main = reply.board.windows.first { $0.window == .all } ?? reply.board.windows.first
            return Submitted(
                outcome: reply.board.outcome, changed: reply.board.changed, previous: reply.board.previous?[0],
                score: main?.scores?[0], rank: main?.rank ?? 0, previousRank: reply.board.previousRank,
                of: main?.of ?? 0)
        }
    }

    struct Row: Equatable, CustomStringConvertible {
        var member: String
        var scores: [Int64]
        var rank: Int
        var position: Int
        var worse: Int
        var description: String { "\(position). \(member) \(scores) rank \(rank) worse \(worse)" }
    }

    static func rows(_ reply: borrowing Reply) -> [Row] {
        var rows: [Row] = []
        for row in reply.board.rows {
            rows.append(
                Row(
                    member: String(decoding: reply.board.bytes.readable.extracting(row.member).copied(), as: UTF8.self),
                    scores: (0..<row.scores.count).map { row.scores[$0] }, rank: row.rank, position: row.position,
                    worse: row.worse))
        }
        return rows
    }

    func ranking(
        _ board: String, window: BoardWindow? = nil, group: String = "", value: String = "", season: Int? = nil,
        style: BoardRankStyle = .competition, from: Int64? = nil, through: Int64? = nil, skipping: Int = 0,
        limit: Int = 1000
    ) -> [Row] {
        let (group, value) = (Array(group.utf8), Array(value.utf8))
        let view = BoardView(window: window, group: group.span, value: value.span, season: season)
        let ranking = BoardRanking(
            view: view, style: style, minimum: from, maximum: through, skipped: skipping, after: nil,
            afterMember: Span(), limit: limit)
        return run(board, .ranking(ranking)) { Self.rows($0) }
    }

    func withdraw(_ board: String, _ member: String) -> BoardOutcome {
        let name = Array(member.utf8)
        return run(board, .withdraw(member: name.span)) { $0.board.outcome }
    }

    func remove(_ board: String) { run(board, .remove) { _ in } }

    func close(_ board: String, _ rewards: [BoardReward]) { run(board, .close(rewards)) { _ in } }

    /// Has the upkeep go through all that a new day left to do.
    func sweep(_ name: String) {
        repeat { engine.maintain(at: now, worker: 0, of: 1) } while board(name)?.season.sweep != nil
    }

    func board(_ name: String) -> Board? { engine.shelf.withLock { $0.boards[Array(name.utf8)] } }
}

private struct Completions: CompletionSink {
    func deliver(_ ticket: Ticket) {}
}
