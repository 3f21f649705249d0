import Bytes

/// The shapes of paths below `/v1/sessions/` and `/v1/users/`.
enum SessionPath {
    static let prefix: StaticString = "/v1/sessions/"
    static let userPrefix: StaticString = "/v1/users/"

    /// `self` is no handle: those have 22 characters.
    static func match(_ path: Span<UInt8>) -> RoutePath {
        let rest = path.extracting(prefix.utf8CodeUnitCount..<path.count)
        if rest.equals("self") { return .ownSession }
        if rest.equals("self/data") { return .sessionData }
        if rest.equals("self/touch") { return .sessionTouch }
        if rest.equals("self/rotate") { return .sessionRotate }
        return rest.firstIndex(of: UInt8(ascii: "/")) == nil ? .session : .unknown
    }

    static func matchUser(_ path: Span<UInt8>) -> RoutePath {
        let user = RoutePath.segment(behind: userPrefix, of: path)
        return path.extracting(user.upperBound..<path.count).equals("/sessions") ? .userSessions : .unknown
    }

    /// Whether answers to requests for a path may tell of a session, and so may not be kept by anyone.
    static func isPrivate(_ path: RoutePath) -> Bool {
        switch path {
        case .sessions, .ownSession, .sessionData, .sessionTouch, .sessionRotate, .session, .userSessions: true
        default: false
        }
    }
}
