import Bytes
import CacheModel

/// Builds the rows a board's changes are told as: what each part of it is now, in the form of ``BoardRowKey`` and the
/// values below. From these alone an equal board is built again; its orders and windows follow.
struct BoardRows: ~Copyable {
    private(set) var key = IOBuffer()
    private(set) var value = IOBuffer()
    private(set) var isDelete = false

    private static let version: UInt64 = 1

    private mutating func begin(_ rowKey: BoardRowKey, isDelete: Bool) {
        key.removeAll(keeping: 1 << 14)
        value.removeAll(keeping: 1 << 14)
        rowKey.append(to: &key)
        self.isDelete = isDelete
        if !isDelete { value.append(word: Self.version, bytes: 1) }
    }

    // MARK: Members

    mutating func putMember(
        _ name: RawBytes, _ state: MemberState, meta: RawBytes, in season: Season, of board: [UInt8]
    ) {
        Self.withName(board) { begin(.member(board: $0, season: season.number, name: name), isDelete: false) }
        append(state.total)
        value.append(word: UInt64(state.days.count), bytes: 2)
        for day in state.days {
            value.append(word: UInt64(UInt32(bitPattern: day.day)), bytes: 4)
            append(day.mark)
        }
        for group in state.groups {
            value.append(word: UInt64(season.groups.value(group).count), bytes: 2)
            value.append(Array(season.groups.value(group)))
        }
        value.append(counted: meta.span, width: 4)
    }

    private mutating func append(_ mark: Mark) {
        value.append(word: mark.reached, bytes: 8)
        for column in 0..<mark.scores.count { value.append(signed: mark.scores[column]) }
    }

    mutating func deleteMember(_ name: RawBytes, season: Int, of board: [UInt8]) {
        Self.withName(board) { begin(.member(board: $0, season: season, name: name), isDelete: true) }
    }

    // MARK: Seasons

    mutating func putSeason(_ season: Season, of board: [UInt8]) {
        Self.withName(board) { begin(.season(board: $0, number: season.number), isDelete: false) }
        guard let closing = season.closing else { return }
        value.append(signed: season.startedAt.milliseconds)
        value.append(signed: closing.at.milliseconds)
        value.append(word: UInt64(closing.rewards.count), bytes: 2)
        for reward in closing.rewards {
            switch reward {
            case .top(let count):
                value.append(0)
                value.append(signed: Int64(count))
            case .percentile(let percent):
                value.append(1)
                value.append(signed: Int64(percent))
            }
        }
    }

    mutating func deleteSeason(_ number: Int, of board: [UInt8]) {
        Self.withName(board) { begin(.season(board: $0, number: number), isDelete: true) }
    }

    // MARK: Settings

    mutating func putSettings(_ board: Board) {
        Self.withName(board.name) { begin(.settings(board: $0), isDelete: false) }
        value.append(word: board.created.packed, bytes: 8)
        value.append(word: UInt64(board.season.number), bytes: 4)
        value.append(signed: board.season.startedAt.milliseconds)
        value.append(signed: board.resetsFrom.milliseconds)
        SettingsRow.append(board.settings, to: &value)
    }

    mutating func deleteBoard(_ name: [UInt8]) { Self.withName(name) { begin(.settings(board: $0), isDelete: true) } }

    private static func withName(_ name: [UInt8], _ body: (RawBytes) -> Void) {
        name.withUnsafeBytes { bytes in
            body(bytes.baseAddress.map { RawBytes(start: $0, count: bytes.count) } ?? .empty)
        }
    }
}
