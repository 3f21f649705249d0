import Bytes

/// The shapes a path can have. Matched on raw bytes: nothing is decoded, folded or normalised first, so there is one
/// spelling for each route and no way around a rule that is bound to it.
enum RoutePath: UInt8, Sendable, CaseIterable {
    case unknown
    /// `OPTIONS *`: the server as a whole.
    case server
    case root, healthz, readyz, metrics, openAPI
    case keys, keysQuery, keysBatch
    /// `/v1/keys/` and the rest of the path, slashes included.
    case key
    /// `/v1/leaderboards/` and a name, perhaps with a part of it.
    case board, boardMember, boardBatch, boardRanking, boardRankingQuery, boardStats, boardClose, boardSeasons
    case boardSeasonRanking

    /// What stands before a key's name.
    static let keyPrefix: StaticString = "/v1/keys/"

    static func match(_ path: Span<UInt8>) -> RoutePath {
        if path.starts(with: keyPrefix) { return .key }
        if path.starts(with: BoardPath.prefix) { return BoardPath.match(path) }
        switch path.count {
        case 0: return .root
        case 1: return path[0] == UInt8(ascii: "/") ? .root : path[0] == UInt8(ascii: "*") ? .server : .unknown
        case 7: return path.equals("/readyz") ? .readyz : .unknown
        case 8:
            if path.equals("/v1/keys") { return .keys }
            return path.equals("/healthz") ? .healthz : path.equals("/metrics") ? .metrics : .unknown
        case 13: return path.equals("/openapi.json") ? .openAPI : .unknown
        case 14:
            return path.equals("/v1/keys:query") ? .keysQuery : path.equals("/v1/keys:batch") ? .keysBatch : .unknown
        default: return .unknown
        }
    }

    /// The key that a head asks for, where it stands as it is in a short request line of `GET` or another method with
    /// three letters. A guess for the engine's sake: the parser has the say.
    @_lifetime(copy head)
    static func plainKey(inHead head: Span<UInt8>) -> Span<UInt8>? {
        let start = 4 + keyPrefix.utf8CodeUnitCount
        let end = min(head.count, start + 256)
        guard start < end, head.extracting(4..<start).starts(with: keyPrefix) else { return nil }
        for index in start..<end {
            switch head[index] {
            case UInt8(ascii: " "), UInt8(ascii: "?"): return head.extracting(start..<index)
            case UInt8(ascii: "%"): return nil
            default: break
            }
        }
        return nil
    }

    /// True when a path that is no route holds a broken escape, or one that stands for a control character: such a path
    /// is not merely unknown, it was made to mean different things to different servers (RFC 3986 §2.1).
    static func hasBadEscape(_ path: Span<UInt8>) -> Bool {
        var start = 0
        while let sign = path.firstIndex(of: UInt8(ascii: "%"), from: start) {
            guard sign + 2 < path.count, let high = ASCII.hexValue(path[sign + 1]),
                let low = ASCII.hexValue(path[sign + 2])
            else { return true }
            let byte = high << 4 | low
            if byte < 0x20 || byte == 0x7F { return true }
            start = sign + 3
        }
        return false
    }
}
