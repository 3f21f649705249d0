import Bytes
import CacheModel

/// The digest of some keys, and what must be remembered of them to follow their changes.
struct DigestRows {
    private(set) var positions: [UInt64: Position] = [:]
    /// The keys that will change: the only ones remembered by those who remember selectively.
    var expected: Set<UInt64> = []
    /// The part of the digest that forgotten keys have.
    private var forgotten: UInt64 = 0

    enum Change {
        case put, change, delete, lifetime

        init(_ effect: borrowing Effect) {
            switch copy effect {
            case .put: self = .put
            case .extend, .truncate, .patch: self = .change
            case .lifetime: self = .lifetime
            case .delete: self = .delete
            }
        }
    }

    var digest: UInt64 { positions.reduce(forgotten) { $0 &+ StateDigest.mix($1.key, $1.value) } }

    mutating func apply(_ change: Change, _ hash: UInt64, _ position: Position, isSelective: Bool) {
        if isSelective, !expected.contains(hash) {
            if change == .put { forgotten &+= StateDigest.mix(hash, position) }
            return
        }
        let held = positions[hash]
        switch change {
        case .put: if held.map({ $0 < position }) ?? true { positions[hash] = position }
        case .change: if let held, held < position { positions[hash] = position }
        case .delete: if let held, held < position { positions[hash] = nil }
        case .lifetime: break
        }
    }

    /// Takes out everything up to a position. What was forgotten had changed before all that is expected.
    mutating func removeAll(upTo position: Position) {
        forgotten = 0
        positions = positions.filter { $0.value > position }
    }
}

/// The digests of boards: a board's rows go with its settings, a season's with the season.
struct BoardDigests {
    private var boards: [[UInt8]: [Int: DigestRows]] = [:]
    var last = Position.none

    /// Stands for the season of settings, which belong to none.
    private static let settings = -1

    var digest: UInt64 { boards.values.reduce(0) { $1.values.reduce($0) { $0 &+ $1.digest } } }

    var remembered: Int { boards.values.reduce(0) { $1.values.reduce($0) { $0 + $1.positions.count } } }

    subscript(_ row: BoardRowKey) -> DigestRows {
        get { boards[row.board.span.copied()]?[Self.season(of: row)] ?? DigestRows() }
        _modify { yield &boards[row.board.span.copied(), default: [:]][Self.season(of: row), default: DigestRows()] }
    }

    private static func season(of row: BoardRowKey) -> Int {
        switch row {
        case .settings: settings
        case .season(_, let number), .member(_, let number, _): number
        }
    }

    /// Takes out what goes with a row that is deleted.
    mutating func remove(under row: BoardRowKey, upTo position: Position) {
        let name = row.board.span.copied()
        switch row {
        case .settings:
            for season in (boards[name] ?? [:]).keys { boards[name]?[season]?.removeAll(upTo: position) }
        case .season(_, let number): boards[name]?[number]?.removeAll(upTo: position)
        case .member: break
        }
    }
}
