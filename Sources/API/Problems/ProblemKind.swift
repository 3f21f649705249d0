/// The types of problem (RFC 9457). A slug is never renamed and always goes with one status.
enum ProblemKind: Sendable, Equatable, CaseIterable {
    case badRequest, badParameter, badName, badCursor, contradictoryPreconditions, badCoding, sessionMissing
    case unauthorized, forbidden
    case notFound, noSuchResource, unknownPolicy, gone
    case methodNotAllowed, notAcceptable, unknownMethod
    case staleVersion, outOfBounds, notIndexed, wrongKind, settingsDiffer, seasonClosed
    case patchConflict, sessionCap, sessionRotated, snapshotFailed
    case preconditionFailed, checkFailed
    case tooLarge, unsupportedMediaType, rangeNotSatisfiable, expectationFailed
    case unprocessable, windowNotKept
    case misdirectedRequest
    case unavailable, memoryFull, diskFull
    /// The parser's refusals that no route can meet.
    case requestTimeout, uriTooLong, headTooLarge, unknownCoding, versionNotSupported

    var status: Int {
        switch self {
        case .badRequest, .badParameter, .badName, .badCursor, .contradictoryPreconditions, .badCoding, .sessionMissing:
            400
        case .unauthorized: 401
        case .forbidden: 403
        case .notFound, .noSuchResource, .unknownPolicy: 404
        case .gone: 410
        case .methodNotAllowed: 405
        case .notAcceptable: 406
        case .staleVersion, .outOfBounds, .notIndexed, .wrongKind, .settingsDiffer, .seasonClosed,
            .patchConflict, .sessionCap, .sessionRotated, .snapshotFailed:
            409
        case .preconditionFailed, .checkFailed: 412
        case .tooLarge: 413
        case .unsupportedMediaType: 415
        case .rangeNotSatisfiable: 416
        case .expectationFailed: 417
        case .misdirectedRequest: 421
        case .unprocessable, .windowNotKept: 422
        case .unknownMethod, .unknownCoding: 501
        case .unavailable: 503
        case .memoryFull, .diskFull: 507
        case .requestTimeout: 408
        case .uriTooLong: 414
        case .headTooLarge: 431
        case .versionNotSupported: 505
        }
    }

    /// The last word of the type, and the words a person sees for it.
    var words: (slug: StaticString, title: StaticString) {
        switch self {
        case .badRequest: ("bad-request", "Bad request")
        case .badParameter: ("bad-parameter", "Bad parameter")
        case .badName: ("bad-name", "Bad name")
        case .badCursor: ("bad-cursor", "Bad cursor")
        case .contradictoryPreconditions: ("contradictory-preconditions", "Preconditions that can never hold")
        case .badCoding: ("bad-coding", "Body does not match its Content-Encoding")
        case .sessionMissing: ("session-missing", "No session was named")
        case .unauthorized: ("unauthorized", "A valid token is needed")
        case .forbidden: ("forbidden", "Not allowed")
        case .notFound: ("not-found", "Not found")
        case .noSuchResource: ("no-such-resource", "No such resource")
        case .methodNotAllowed: ("method-not-allowed", "Method not allowed here")
        case .notAcceptable: ("not-acceptable", "No acceptable form")
        case .unknownMethod: ("unknown-method", "Unknown method")
        case .unknownPolicy: ("unknown-policy", "No such policy")
        case .gone: ("gone", "Gone")
        case .settingsDiffer: ("settings-differ", "Settings are not those that are stored")
        case .windowNotKept: ("window-not-kept", "No window reaches so far")
        case .staleVersion: ("stale-version", "A newer version is stored")
        case .outOfBounds: ("out-of-bounds", "Out of bounds")
        case .notIndexed: ("not-indexed", "Not kept in that order")
        case .wrongKind: ("wrong-kind", "The key holds another kind of value")
        case .seasonClosed: ("season-closed", "The season has closed")
        case .patchConflict: ("patch-conflict", "The patch does not fit")
        case .sessionCap: ("session-cap", "Too many sessions")
        case .sessionRotated: ("session-rotated", "The session has another id now")
        case .snapshotFailed: ("snapshot-failed", "The snapshot is not sound")
        case .preconditionFailed: ("precondition-failed", "Precondition failed")
        case .checkFailed: ("check-failed", "Nothing was applied")
        case .tooLarge: ("too-large", "Too large")
        case .unsupportedMediaType: ("unsupported-media-type", "Unsupported media type")
        case .rangeNotSatisfiable: ("range-not-satisfiable", "Range not satisfiable")
        case .expectationFailed: ("expectation-failed", "Expectation failed")
        case .misdirectedRequest: ("misdirected-request", "Misdirected request")
        case .unprocessable: ("unprocessable", "Cannot be processed")
        case .unavailable: ("unavailable", "Unavailable")
        case .memoryFull: ("memory-full", "Memory is full")
        case .diskFull: ("disk-full", "The disk is full")
        case .requestTimeout: ("request-timeout", "Request timeout")
        case .uriTooLong: ("uri-too-long", "URI too long")
        case .headTooLarge: ("head-too-large", "Header fields too large")
        case .unknownCoding: ("unknown-coding", "Unknown transfer coding")
        case .versionNotSupported: ("version-not-supported", "HTTP version not supported")
        }
    }
}
