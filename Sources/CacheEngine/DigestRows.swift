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

    /// Returns by how much the digest changed.
    mutating func apply(_ change: Change, _ hash: UInt64, _ position: Position, isSelective: Bool) -> UInt64 {
        if isSelective, !expected.contains(hash) {
            guard change == .put else { return 0 }
            let added = StateDigest.mix(hash, position)
            forgotten &+= added
            return added
        }
        let held = positions[hash]
        switch change {
        case .put: guard held.map({ $0 < position }) ?? true else { return 0 }
        case .change, .delete: guard let held, held < position else { return 0 }
        case .lifetime: return 0
        }
        positions[hash] = change == .delete ? nil : position
        let added = change == .delete ? 0 : StateDigest.mix(hash, position)
        return added &- (held.map { StateDigest.mix(hash, $0) } ?? 0)
    }

    /// Takes out everything up to a position, and returns by how much the digest changed. What was forgotten had
    /// changed before all that is expected.
    mutating func removeAll(upTo position: Position) -> UInt64 {
        let before = digest
        forgotten = 0
        positions = positions.filter { $0.value > position }
        return digest &- before
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

    /// Takes out what goes with a row that is deleted, and returns by how much the digest changed.
    mutating func remove(under row: BoardRowKey, upTo position: Position) -> UInt64 {
        let name = row.board.span.copied()
        switch row {
        case .settings:
            return (boards[name] ?? [:]).keys.reduce(0) {
                $0 &+ (boards[name]?[$1]?.removeAll(upTo: position) ?? 0)
            }
        case .season(_, let number): return boards[name]?[number]?.removeAll(upTo: position) ?? 0
        case .member: return 0
        }
    }
}
