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
    case snapshots, snapshot, snapshotVerify
    /// `/v1/topics/{t}` and what it has.
    case topic, topicLast, topicHistory, topicPresence, topicMember
    case events, eventsTicket, eventsQuery
    case countersBatch, counter, counterReset, counterSettings, counterSeries, counterUniques, counterTop
    case limitsCheck, limitsBatch, limitsCommit, limitsRefund, limitPolicy, limit
    case limitBlock, limitPenalty, limitReward, limitOverride, limitLease
    /// `/v1/leaderboards/` and a name, perhaps with a part of it.
    case board, boardMember, boardBatch, boardRanking, boardRankingQuery, boardStats, boardClose, boardSeasons
    case boardSeasonRanking
    /// `/v1/sessions`, the session whose id the caller holds, another one by its handle, and those of a user.
    case sessions, ownSession, sessionData, sessionTouch, sessionRotate, session, userSessions

    /// Whether it is about topics and what is published to them.
    var isOfEvents: Bool {
        switch self {
        case .topic, .topicLast, .topicHistory, .topicPresence, .topicMember, .events, .eventsTicket, .eventsQuery:
            true
        default: false
        }
    }

    /// What stands before a key's name.
    static let keyPrefix: StaticString = "/v1/keys/"
    /// What stands before a snapshot's id.
    static let snapshotPrefix: StaticString = "/v1/admin/snapshots/"

    static let topicPrefix: StaticString = "/v1/topics/"

    static func match(_ path: Span<UInt8>) -> RoutePath {
        if path.starts(with: keyPrefix) { return .key }
        if path.starts(with: snapshotPrefix) { return snapshot(path) }
        if path.starts(with: topicPrefix) { return matchTopic(path) }
        if path.starts(with: counterPrefix) { return counterShape(path) }
        if path.starts(with: limitPrefix) { return limitShape(path) }
        if path.starts(with: BoardPath.prefix) { return BoardPath.match(path) }
        if path.starts(with: SessionPath.prefix) { return SessionPath.match(path) }
        if path.starts(with: SessionPath.userPrefix) { return SessionPath.matchUser(path) }
        switch path.count {
        case 0: return .root
        case 1: return path[0] == UInt8(ascii: "/") ? .root : path[0] == UInt8(ascii: "*") ? .server : .unknown
        case 7: return path.equals("/readyz") ? .readyz : .unknown
        case 8:
            if path.equals("/v1/keys") { return .keys }
            return path.equals("/healthz") ? .healthz : path.equals("/metrics") ? .metrics : .unknown
        case 10: return path.equals("/v1/events") ? .events : .unknown
        case 12: return path.equals("/v1/sessions") ? .sessions : .unknown
        case 13: return path.equals("/openapi.json") ? .openAPI : .unknown
        case 14:
            return path.equals("/v1/keys:query") ? .keysQuery : path.equals("/v1/keys:batch") ? .keysBatch : .unknown
        case 19: return path.equals("/v1/admin/snapshots") ? .snapshots : .unknown
        case 16:
            if path.equals("/v1/limits:check") { return .limitsCheck }
            if path.equals("/v1/limits:batch") { return .limitsBatch }
            return path.equals("/v1/events:query") ? .eventsQuery : .unknown
        case 17:
            if path.equals("/v1/limits:commit") { return .limitsCommit }
            if path.equals("/v1/limits:refund") { return .limitsRefund }
            return path.equals("/v1/events:ticket") ? .eventsTicket : .unknown
        case 18: return path.equals("/v1/counters:batch") ? .countersBatch : .unknown
        default: return .unknown
        }
    }

    /// A topic's name is one segment; what follows is a resource of the topic.
    private static func matchTopic(_ path: Span<UInt8>) -> RoutePath {
        guard let slash = path.firstIndex(of: UInt8(ascii: "/"), from: topicPrefix.utf8CodeUnitCount) else {
            return .topic
        }
        let rest = path.extracting(slash..<path.count)
        if rest.equals("/last") { return .topicLast }
        if rest.equals("/history") { return .topicHistory }
        if rest.equals("/presence") { return .topicPresence }
        let isMember = rest.starts(with: "/presence/") && rest.firstIndex(of: UInt8(ascii: "/"), from: 10) == nil
        return isMember ? .topicMember : .unknown
    }

    /// What stands before a policy's name, which is one segment; the next one is an id.
    static let limitPrefix: StaticString = "/v1/limits/"

    private static func limitShape(_ path: Span<UInt8>) -> RoutePath {
        let policy = segment(behind: limitPrefix, of: path)
        guard policy.upperBound < path.count else { return .limitPolicy }
        let id = segment(after: policy, of: path)
        guard id.upperBound < path.count else { return .limit }
        let action = segment(after: id, of: path)
        let word = path.extracting(action)
        guard action.upperBound == path.count else {
            let rest = segment(after: action, of: path)
            return word.equals("leases") && rest.upperBound == path.count ? .limitLease : .unknown
        }
        if word.equals("block") { return .limitBlock }
        if word.equals("penalty") { return .limitPenalty }
        if word.equals("reward") { return .limitReward }
        return word.equals("override") ? .limitOverride : .unknown
    }

    /// The segment behind another one that has a slash behind it.
    static func segment(after other: Range<Int>, of path: Span<UInt8>) -> Range<Int> {
        let start = other.upperBound + 1
        return start..<(path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count)
    }

    /// What stands before a counter's name, which is one segment.
    static let counterPrefix: StaticString = "/v1/counters/"

    private static func counterShape(_ path: Span<UInt8>) -> RoutePath {
        let start = counterPrefix.utf8CodeUnitCount
        guard let slash = path.firstIndex(of: UInt8(ascii: "/"), from: start) else { return .counter }
        let action = path.extracting(slash + 1..<path.count)
        if action.equals("reset") { return .counterReset }
        if action.equals("settings") { return .counterSettings }
        if action.equals("series") { return .counterSeries }
        if action.equals("uniques") { return .counterUniques }
        return action.equals("top") ? .counterTop : .unknown
    }

    /// The first segment behind a prefix.
    static func segment(behind prefix: StaticString, of path: Span<UInt8>) -> Range<Int> {
        let start = prefix.utf8CodeUnitCount
        return start..<(path.firstIndex(of: UInt8(ascii: "/"), from: start) ?? path.count)
    }

    /// The key in a path without escapes; nil for another resource.
    @_lifetime(copy path)
    static func plainKey(_ path: Span<UInt8>) -> Span<UInt8>? {
        let start = keyPrefix.utf8CodeUnitCount
        guard path.count > start, path.starts(with: keyPrefix) else { return nil }
        return path.extracting(start..<path.count)
    }

    private static func snapshot(_ path: Span<UInt8>) -> RoutePath {
        guard let end = path.firstIndex(of: UInt8(ascii: "/"), from: snapshotPrefix.utf8CodeUnitCount) else {
            return .snapshot
        }
        return path.extracting(end..<path.count).equals("/verify") ? .snapshotVerify : .unknown
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
