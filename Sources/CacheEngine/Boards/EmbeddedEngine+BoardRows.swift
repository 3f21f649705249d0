import Bytes
import CacheModel

/// A board read again from the log.
extension EmbeddedEngine {
    /// Applies a row of a board; one whose key or value is damaged changes nothing.
    func applyBoardRow(_ key: RawBytes, _ value: RawBytes?, at position: Position) {
        guard let rowKey = BoardRowKey(key) else { return }
        shelf.withLock { shelf in
            let name = rowKey.board.span.copied()
            let board = shelf.boards[name]
            board?.lock.lock()
            defer { board?.lock.unlock() }
            switch (rowKey, value) {
            case (.settings, let value?): applySettings(name, value, position, &shelf)
            case (.settings, nil):
                shelf.strays[name] = nil
                guard let board, board.created < position else { return }
                shelf.remove(board)
            case (.season(_, let number), let value?):
                guard let board else { return }
                board.replaySeason(number, value, at: position)
                applyStrays(of: board, &shelf)
            case (.season(_, let number), nil):
                board?.replaySeasonDrop(number, at: position)
                shelf.strays[name]?.removeAll { $0.season == number }
            case (.member(_, let season, let member), let value?):
                let isTaken = board?.replayMember(member, season: season, value, at: position) ?? false
                if isTaken { return }
                shelf.strays[name, default: []].append(
                    BoardShelf.StrayRow(
                        name: member.span.copied(), season: season, value: value.span.copied(), position: position))
            case (.member(_, let season, let member), nil):
                board?.replayRemoval(of: member, season: season, at: position)
                shelf.strays[name]?.removeAll { stray in
                    stray.season == season && stray.position < position && stray.name.span.equals(member.span)
                }
            }
        }
    }

    private func applySettings(
        _ name: [UInt8], _ value: RawBytes, _ position: Position, _ shelf: inout BoardShelf.State
    ) {
        var reader = RowReader(value)
        guard let row = BoardSettingsRow(&reader) else { return }
        let board: Board
        if let found = shelf.boards[name], found.created == row.created {
            board = found
            board.replaySettings(row, at: position)
        } else {
            if let old = shelf.boards[name] {
                guard old.created < row.created else { return }
                shelf.remove(old)
            }
            board = Board(
                name: name, settings: row.settings, created: row.created, seasonNumber: row.season,
                startedAt: row.startedAt, context: context, hasher: stateHasher)
            board.noteSettings(resetsFrom: row.resetsFrom, at: position)
            shelf.insert(board)
        }
        applyStrays(of: board, &shelf)
    }

    /// Tries the rows again that had nothing to belong to.
    private func applyStrays(of board: Board, _ shelf: inout BoardShelf.State) {
        let strays = shelf.strays.removeValue(forKey: board.name) ?? []
        for stray in strays {
            stray.name.withUnsafeBytes { name in
                stray.value.withUnsafeBytes { value in
                    guard let name = RawBytes(name), let value = RawBytes(value) else { return }
                    if !board.replayMember(name, season: stray.season, value, at: stray.position) {
                        shelf.strays[board.name, default: []].append(stray)
                    }
                }
            }
        }
    }
}

extension RawBytes {
    fileprivate init?(_ buffer: UnsafeRawBufferPointer) {
        guard let start = buffer.baseAddress else { return nil }
        self.init(start: start, count: buffer.count)
    }
}
