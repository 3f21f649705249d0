import Bytes
import CacheModel

/// Commands on leaderboards: find the board, lock it, do, unlock.
extension EmbeddedEngine {
    /// Members of a comparison looked up under one hold of a board's lock: some hundred microseconds.
    private static let comparedAtOnce = 512

    func board(_ command: borrowing BoardCommand, _ now: Instant, _ reply: inout Reply) {
        reply.outcome = .board
        reply.board.begin()
        let action = command.action
        switch copy action {
        case .define(let settings): return define(RawBytes(command.board), settings, now, &reply)
        case .remove: return removeBoard(RawBytes(command.board), now, &reply)
        default: break
        }
        guard let board = shelf.find(RawBytes(command.board)) else {
            reply.board.outcome = .noBoard
            return
        }
        switch copy action {
        case .submit(let submission): submit(submission, to: board, now, &reply)
        case .compare(let comparison): compare(comparison, on: board, now, &reply)
        default: run(action, on: board, now, &reply)
        }
    }

    /// What holds the board's lock from first to last.
    private func run(
        _ action: borrowing BoardAction, on board: Board, _ now: Instant, _ reply: inout Reply
    ) {
        board.lock.lock()
        defer { board.lock.unlock() }
        guard !board.isRemoved else {
            reply.board.outcome = .noBoard
            return
        }
        board.settle(at: now)
        switch copy action {
        case .describe: board.describe(&reply)
        case .withdraw(let member): board.withdraw(member, &reply)
        case .ranking(let ranking): board.ranking(ranking, &reply)
        case .member(let request): board.member(request, &reply)
        case .histogram(let view, let buckets): board.histogram(view, buckets: buckets, &reply)
        case .close(let rewards):
            reply.board.seasonNumber = board.season.number
            board.close(at: now, next: now, rewards: rewards)
            reply.written = board.lastPosition
            reply.board.outcome = .created
        case .seasons: board.seasons(&reply)
        case .define, .remove, .submit, .compare: break
        }
        reply.reveal(board.lastPosition)
    }

    private func submit(
        _ submission: borrowing BoardSubmission, to board: Board, _ now: Instant, _ reply: inout Reply
    ) {
        var attempts = RoomAttempts()
        while true {
            var step = Board.Step.done
            board.lock.lock()
            if board.isRemoved {
                reply.board.outcome = .noBoard
            } else {
                board.settle(at: now)
                step = board.submit(submission, &reply)
            }
            reply.reveal(board.lastPosition)
            board.lock.unlock()
            guard case .missing(let bytes) = step else { return }
            reply.board.reset()
            reply.board.begin()
            if !makeRoom(bytes, from: 0, &attempts, now) {
                reply.board.outcome = .memoryFull
                return
            }
        }
    }

    /// Looks the members up in portions, then puts them in order.
    private func compare(
        _ comparison: borrowing BoardComparison, on board: Board, _ now: Instant, _ reply: inout Reply
    ) {
        var keys: [RankKey?] = []
        var start = 0
        repeat {
            let range = start..<min(start + Self.comparedAtOnce, comparison.members.count)
            var goesOn = true
            board.lock.lock()
            if board.isRemoved {
                reply.board.outcome = .noBoard
                goesOn = false
            } else {
                board.settle(at: now)
                goesOn = board.compare(comparison, range, &keys, &reply)
            }
            reply.reveal(board.lastPosition)
            let words = board.settings.columns.count
            board.lock.unlock()
            guard goesOn else { return }
            start = range.upperBound
            if start >= comparison.members.count { rank(keys, words: words, comparison.style, &reply) }
        } while start < comparison.members.count
    }

    /// Ranks the rows among themselves.
    private func rank(_ keys: [RankKey?], words: Int, _ style: BoardRankStyle, _ reply: inout Reply) {
        let present = keys.indices.filter { keys[$0] != nil }.sorted { left, right in
            reply.board.rows[left].position < reply.board.rows[right].position
        }
        var rank = 0
        var last: RankKey?
        for (place, row) in present.enumerated() {
            guard let key = keys[row] else { continue }
            let isEqual = last.map { last in (0..<words).allSatisfy { last[$0] == key[$0] } } ?? false
            switch style {
            case .ordinal: rank = place + 1
            case .competition: if !isEqual { rank = place + 1 }
            case .dense: if !isEqual { rank += 1 }
            }
            reply.board.rows[row].rankInSet = rank
            last = key
        }
    }

    // MARK: Boards themselves

    private func define(_ name: RawBytes, _ settings: BoardSettings, _ now: Instant, _ reply: inout Reply) {
        var attempts = RoomAttempts()
        while true {
            let isMissing = shelf.withLock { shelf in
                if let board = shelf.boards[name.span.copied()] {
                    redefine(board, settings, now, &reply)
                    return false
                }
                guard context.pointee.account.hasRoom(for: Board.leastBytes) else { return true }
                create(name, settings, now, on: &shelf, &reply)
                return false
            }
            guard isMissing else { return }
            if !makeRoom(Board.leastBytes, from: 0, &attempts, now) {
                reply.board.outcome = .memoryFull
                return
            }
        }
    }

    private func create(
        _ name: RawBytes, _ settings: BoardSettings, _ now: Instant, on shelf: inout BoardShelf.State,
        _ reply: inout Reply
    ) {
        var run = context.pointee.takePositions(1)
        let position = run.take()
        let board = Board(
            name: name.span.copied(), settings: settings, created: position, seasonNumber: 1, startedAt: now,
            context: context, hasher: stateHasher)
        shelf.insert(board)
        board.note(now)
        board.recordSettings(at: position, remaining: 0)
        reply.board.outcome = .created
        reply.written = position
        reply.reveal(position)
    }

    private func redefine(_ board: Board, _ settings: BoardSettings, _ now: Instant, _ reply: inout Reply) {
        board.lock.lock()
        defer { board.lock.unlock() }
        board.settle(at: now)
        if let difference = settings.fixedDifference(from: board.settings) {
            reply.board.outcome = .settingsDiffer(difference)
        } else {
            board.change(to: settings, at: now)
            reply.board.outcome = .replaced
            reply.written = board.changed
        }
        reply.reveal(board.lastPosition)
    }

    private func removeBoard(_ name: RawBytes, _ now: Instant, _ reply: inout Reply) {
        let removed = shelf.withLock { shelf -> Board? in
            guard let board = shelf.boards[name.span.copied()] else { return nil }
            shelf.remove(board)
            board.lock.lock()
            board.markRemoved()
            reply.written = board.lastPosition
            board.lock.unlock()
            return board
        }
        reply.board.outcome = removed == nil ? .noBoard : .removed
        reply.reveal(reply.written)
    }
}
