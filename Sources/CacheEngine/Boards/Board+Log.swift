import Bytes
import CacheModel

/// What a board tells the log, and what it adds to the digest of the whole state.
extension Board {
    func takePositions(_ count: Int) -> PositionRun {
        let run = context.pointee.takePositions(count)
        lastPosition = run.last
        return run
    }

    /// Hands the row at hand to the reader of the log.
    ///
    /// - Parameters:
    ///   - old: the position the row had before; nil for a new one.
    ///   - leaving: what else leaves the digest with it.
    func record(at position: Position, remaining: Int, replacing old: Position?, leaving: UInt64 = 0) {
        guard let reader = context.pointee.reader else { return }
        let key = rows.key.readable.copied()
        let value = rows.value.readable.copied()
        let hash = hasher.hash(kind: .boards, key.span)
        var change = 0 &- leaving
        if let old { change &-= StateDigest.mix(hash, old) }
        if rows.isDelete {
            let effect = Effect.delete(
                key: key.span, reason: .deleted, at: now, version: nil, versionKeptUntil: .never, kind: .boards)
            reader.record(effect, at: position, remaining: remaining, digestChange: change)
        } else {
            change &+= StateDigest.mix(hash, position)
            let state = EntryState(modifiedAt: now, lifetime: .unlimited, freshUntil: .never, version: nil)
            let effect = Effect.put(
                key: key.span, value: value.span, fields: Span(), state: state, kind: .boards)
            reader.record(effect, at: position, remaining: remaining, digestChange: change)
        }
    }

    private func hash(_ rowKey: (RawBytes) -> BoardRowKey) -> UInt64 {
        var key = IOBuffer()
        name.withUnsafeBytes { bytes in
            rowKey(bytes.baseAddress.map { RawBytes(start: $0, count: bytes.count) } ?? .empty).append(to: &key)
        }
        return hasher.hash(kind: .boards, key.readable)
    }

    // MARK: Digest

    /// The sum over all rows of this board. O(members).
    var digest: UInt64 {
        var sum = StateDigest.mix(hash { .settings(board: $0) }, changed)
        for season in closed { sum &+= digest(ofClosed: season) }
        return sum &+ digest(ofMembersOf: season)
    }

    /// The sum over a closed season's own row and its members'.
    func digest(ofClosed season: Season) -> UInt64 {
        let row = hash { .season(board: $0, number: season.number) }
        return StateDigest.mix(row, season.closing?.position ?? .none) &+ digest(ofMembersOf: season)
    }

    private func digest(ofMembersOf season: Season) -> UInt64 {
        var sum: UInt64 = 0
        var cursor: UInt64? = 0
        while let current = cursor {
            cursor = season.members.walk(from: current, most: 4096) { reference in
                let row = hash { .member(board: $0, season: season.number, name: season.members.name(reference)) }
                sum &+= StateDigest.mix(row, Position(packed: season.members.position(reference)))
            }
        }
        return sum
    }

    // MARK: Capture

    /// Tells rows as they are: settings and closed seasons first, then the members of one season after the other.
    ///
    /// - Parameters:
    ///   - season: 0 for the start, else the season whose members come next.
    ///   - place: where in the season.
    /// - Returns: where to go on; nil at the end.
    func capture(
        season number: Int, place: UInt64, most: Int, _ sink: (borrowing Effect, Position) -> Void
    ) -> (season: Int, place: UInt64)? {
        guard number > 0 else {
            rows.putSettings(self)
            tell(changed, sink)
            for season in closed {
                rows.putSeason(season, of: name)
                tell(season.closing?.position ?? .none, sink)
            }
            return (closed.first?.number ?? season.number, 0)
        }
        // A season that is no longer kept has told what it had to.
        if let season = season(number) {
            let next = season.members.walk(from: place, most: most) { reference in
                rows.putMember(
                    season.members.name(reference), season.members.state(reference),
                    meta: season.members.meta(reference), in: season, of: name)
                tell(Position(packed: season.members.position(reference)), sink)
            }
            if let next { return (number, next) }
        }
        let behind = closed.first { $0.number > number }?.number
        return behind.map { ($0, 0) } ?? (season.number > number ? (season.number, 0) : nil)
    }

    private func tell(_ position: Position, _ sink: (borrowing Effect, Position) -> Void) {
        let key = rows.key.readable.copied()
        let value = rows.value.readable.copied()
        let state = EntryState(modifiedAt: now, lifetime: .unlimited, freshUntil: .never, version: nil)
        sink(.put(key: key.span, value: value.span, fields: Span(), state: state, kind: .boards), position)
    }
}

extension EmbeddedEngine {
    /// Members told under one hold of a board's lock: about a hundred microseconds.
    private static let capturedAtOnce = 128

    /// Tells a slice of the boards' rows as they are, each at its own position. What is there throughout is told at
    /// least once, whatever is written meanwhile.
    ///
    /// Boards are the parts behind the shards, by the position each was made at; a season is a table.
    /// - Returns: where to go on, nil at the end.
    func captureBoards(
        from cursor: CaptureCursor, _ sink: (borrowing Effect, Position) -> Void
    ) -> CaptureCursor? {
        guard let board = shelf.first(createdFrom: UInt64(cursor.part - allShardCount)) else { return nil }
        let part = allShardCount + Int(board.created.packed)
        let isBegun = part == cursor.part
        board.lock.lock()
        defer { board.lock.unlock() }
        guard !board.isRemoved,
            let next = board.capture(
                season: isBegun ? cursor.table : 0, place: isBegun ? cursor.place : 0, most: Self.capturedAtOnce, sink)
        else { return CaptureCursor(part: part + 1, table: 0, place: 0) }
        return CaptureCursor(part: part, table: next.season, place: next.place)
    }

    /// The boards' part of the digest.
    package var boardDigest: UInt64 {
        shelf.all.reduce(0) { sum, board in
            board.lock.lock()
            defer { board.lock.unlock() }
            return board.isRemoved ? sum : sum &+ board.digest
        }
    }
}
