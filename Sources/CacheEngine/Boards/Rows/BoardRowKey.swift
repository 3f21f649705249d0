import Bytes

/// What the log knows a part of a board by.
///
/// ```
/// │ length 2 │ board … │ 's' │                        settings, and which season is open
/// │ length 2 │ board … │ 'c' │ season 4 │             a closed season
/// │ length 2 │ board … │ 'm' │ season 4 │ member …    a member of a season
/// ```
/// A settings row that is deleted takes the whole board with it, a season row its season.
enum BoardRowKey {
    case settings(board: RawBytes)
    case season(board: RawBytes, number: Int)
    case member(board: RawBytes, season: Int, name: RawBytes)

    private static let settingsMark = UInt8(ascii: "s")
    private static let seasonMark = UInt8(ascii: "c")
    private static let memberMark = UInt8(ascii: "m")

    /// Nil for bytes that are no such key.
    init?(_ key: RawBytes) {
        var reader = RowReader(key)
        let board = reader.counted(width: 2)
        let mark = UInt8(reader.word(1))
        switch mark {
        case Self.settingsMark: self = .settings(board: board)
        case Self.seasonMark: self = .season(board: board, number: reader.number(4))
        case Self.memberMark: self = .member(board: board, season: reader.number(4), name: reader.rest())
        default: return nil
        }
        guard reader.isWhole, !board.isEmpty else { return nil }
    }

    var board: RawBytes {
        switch self {
        case .settings(let board), .season(let board, _), .member(let board, _, _): board
        }
    }

    func append(to key: inout IOBuffer) {
        key.append(counted: board.span, width: 2)
        switch self {
        case .settings: key.append(Self.settingsMark)
        case .season(_, let number):
            key.append(Self.seasonMark)
            key.append(word: UInt64(number), bytes: 4)
        case .member(_, let season, let name):
            key.append(Self.memberMark)
            key.append(word: UInt64(season), bytes: 4)
            key.append(name.span)
        }
    }
}
