import HTTP1

/// What a route does with a request's body.
enum BodyUse: Sendable {
    /// Read off the connection and dropped.
    case ignored
    /// A value, or a piece of one: under the limit of a value.
    case value
    /// An event's payload: under the limit of one.
    case event
    /// Parameters, keys or lines of a batch: under the limit of a body.
    case control
}

/// One row of the surface. Its number is the row's label in metrics.
package enum RouteID: UInt8, Sendable, CaseIterable {
    case none
    case options
    case index, healthz, readyz, metrics, openAPI
    case listKeys, queryKeys, postQueryKeys, batchKeys
    case readKey, putKey, deleteKey, changeKey
    case listSnapshots, makeSnapshot, getSnapshot, verifySnapshot
    case publish, declareTopic, readTopic, removeTopic, readLast, readHistory
    case readPresence, enterTopic, leaveTopic
    case events, queryEvents, postQueryEvents, eventsTicket
    case addCounter, readCounter, setCounter, deleteCounter, resetCounter, readCounterSettings, putCounterSettings
    case counterSeries, counterUniques, counterTop, batchCounters
    case putPolicy, readPolicy, deletePolicy, askLimit, readLimit, forgetLimit, blockLimit, penalizeLimit, rewardLimit
    case putOverride, deleteOverride, renewLease, releaseLease, checkLimits, batchLimits, commitLimits, refundLimits
    case readBoard, putBoard, deleteBoard
    case readBoardMember, submitBoardMember, putBoardMember, deleteBoardMember, batchBoard
    case readBoardRanking, queryBoardRanking, postQueryBoardRanking, readBoardStats
    case closeBoard, listBoardSeasons, readBoardSeason
    case createSession, listSessions, readOwnSession, patchOwnSession, endOwnSession
    case putSessionData, touchSession, rotateSession, readSession, revokeSession
    case listUserSessions, revokeUserSessions

    /// The labels of all routes, in the order of their numbers.
    package static var names: [StaticString] { allCases.map { id in Routes.all[Int(id.rawValue)].label } }
}

struct Route: Sendable {
    let id: RouteID
    let label: StaticString
    let path: RoutePath
    let methods: MethodSet
    /// What the caller must be allowed to do; nil for what everybody may see.
    let needs: Permissions?
    let body: BodyUse

    /// Whether the answer needs the data.
    var needsData: Bool { (needs != nil || path == .events) && path != .metrics && path != .server }
    /// Whether it may change what is kept: events are not.
    var mayChange: Bool { (needs?.contains(.write) ?? false) && !path.isOfEvents }
}

/// The whole HTTP surface, leaderboards and sessions apart, on one page.
enum Routes {
    /// In the order of ``RouteID``.
    static let all: [Route] = general + BoardRoutes.all + SessionRoutes.all

    private static let general: [Route] = [
        Route(id: .none, label: "none", path: .unknown, methods: [], needs: nil, body: .ignored),
        Route(id: .options, label: "OPTIONS", path: .server, methods: .options, needs: .read, body: .ignored),

        Route(id: .index, label: "GET /", path: .root, methods: [.get, .head], needs: nil, body: .ignored),
        Route(id: .healthz, label: "GET /healthz", path: .healthz, methods: [.get, .head], needs: nil, body: .ignored),
        Route(id: .readyz, label: "GET /readyz", path: .readyz, methods: [.get, .head], needs: nil, body: .ignored),
        Route(
            id: .metrics, label: "GET /metrics", path: .metrics, methods: [.get, .head], needs: .read, body: .ignored),
        Route(
            id: .openAPI, label: "GET /openapi.json", path: .openAPI, methods: [.get, .head], needs: nil,
            body: .ignored),

        Route(id: .listKeys, label: "GET /v1/keys", path: .keys, methods: [.get, .head], needs: .read, body: .ignored),
        Route(id: .queryKeys, label: "QUERY /v1/keys", path: .keys, methods: .query, needs: .read, body: .control),
        Route(
            id: .postQueryKeys, label: "POST /v1/keys:query", path: .keysQuery, methods: .post, needs: .read,
            body: .control),
        Route(
            id: .batchKeys, label: "POST /v1/keys:batch", path: .keysBatch, methods: .post, needs: .write,
            body: .control),

        Route(
            id: .readKey, label: "GET /v1/keys/{key}", path: .key, methods: [.get, .head], needs: .read,
            body: .ignored),
        Route(id: .putKey, label: "PUT /v1/keys/{key}", path: .key, methods: .put, needs: .write, body: .value),
        Route(
            id: .deleteKey, label: "DELETE /v1/keys/{key}", path: .key, methods: .delete, needs: .write,
            body: .ignored),
        Route(id: .changeKey, label: "POST /v1/keys/{key}", path: .key, methods: .post, needs: .write, body: .value),

        Route(
            id: .listSnapshots, label: "GET /v1/admin/snapshots", path: .snapshots, methods: [.get, .head],
            needs: .admin, body: .ignored),
        Route(
            id: .makeSnapshot, label: "POST /v1/admin/snapshots", path: .snapshots, methods: .post, needs: .admin,
            body: .control),
        Route(
            id: .getSnapshot, label: "GET /v1/admin/snapshots/{id}", path: .snapshot, methods: [.get, .head],
            needs: .admin, body: .ignored),
        Route(
            id: .verifySnapshot, label: "POST /v1/admin/snapshots/{id}/verify", path: .snapshotVerify, methods: .post,
            needs: .admin, body: .control),

        Route(
            id: .publish, label: "POST /v1/topics/{topic}", path: .topic, methods: .post, needs: .write, body: .event),
        Route(
            id: .declareTopic, label: "PUT /v1/topics/{topic}", path: .topic, methods: .put, needs: .write,
            body: .control),
        Route(
            id: .readTopic, label: "GET /v1/topics/{topic}", path: .topic, methods: [.get, .head], needs: .read,
            body: .ignored),
        Route(
            id: .removeTopic, label: "DELETE /v1/topics/{topic}", path: .topic, methods: .delete, needs: .write,
            body: .ignored),
        Route(
            id: .readLast, label: "GET /v1/topics/{topic}/last", path: .topicLast, methods: [.get, .head], needs: .read,
            body: .ignored),
        Route(
            id: .readHistory, label: "GET /v1/topics/{topic}/history", path: .topicHistory, methods: [.get, .head],
            needs: .read, body: .ignored),
        Route(
            id: .readPresence, label: "GET /v1/topics/{topic}/presence", path: .topicPresence, methods: [.get, .head],
            needs: .read, body: .ignored),
        Route(
            id: .enterTopic, label: "PUT /v1/topics/{topic}/presence/{member}", path: .topicMember, methods: .put,
            needs: .write, body: .control),
        Route(
            id: .leaveTopic, label: "DELETE /v1/topics/{topic}/presence/{member}", path: .topicMember,
            methods: .delete, needs: .write, body: .ignored),

        // A ticket stands in for a token, so everybody is let in as far as the handler.
        Route(id: .events, label: "GET /v1/events", path: .events, methods: [.get, .head], needs: nil, body: .ignored),
        Route(
            id: .queryEvents, label: "QUERY /v1/events", path: .events, methods: .query, needs: .read, body: .control),
        Route(
            id: .postQueryEvents, label: "POST /v1/events:query", path: .eventsQuery, methods: .post, needs: .read,
            body: .control),
        Route(
            id: .eventsTicket, label: "POST /v1/events:ticket", path: .eventsTicket, methods: .post, needs: .read,
            body: .control),

        Route(
            id: .addCounter, label: "POST /v1/counters/{counter}", path: .counter, methods: .post, needs: .write,
            body: .control),
        Route(
            id: .readCounter, label: "GET /v1/counters/{counter}", path: .counter, methods: [.get, .head], needs: .read,
            body: .ignored),
        Route(
            id: .setCounter, label: "PUT /v1/counters/{counter}", path: .counter, methods: .put, needs: .write,
            body: .control),
        Route(
            id: .deleteCounter, label: "DELETE /v1/counters/{counter}", path: .counter, methods: .delete, needs: .write,
            body: .ignored),
        Route(
            id: .resetCounter, label: "POST /v1/counters/{counter}/reset", path: .counterReset, methods: .post,
            needs: .write, body: .control),
        Route(
            id: .readCounterSettings, label: "GET /v1/counters/{counter}/settings", path: .counterSettings,
            methods: [.get, .head], needs: .read, body: .ignored),
        Route(
            id: .putCounterSettings, label: "PUT /v1/counters/{counter}/settings", path: .counterSettings,
            methods: .put, needs: .write, body: .control),
        Route(
            id: .counterSeries, label: "GET /v1/counters/{counter}/series", path: .counterSeries,
            methods: [.get, .head], needs: .read, body: .ignored),
        Route(
            id: .counterUniques, label: "GET /v1/counters/{counter}/uniques", path: .counterUniques,
            methods: [.get, .head], needs: .read, body: .ignored),
        Route(
            id: .counterTop, label: "GET /v1/counters/{counter}/top", path: .counterTop, methods: [.get, .head],
            needs: .read, body: .ignored),
        Route(
            id: .batchCounters, label: "POST /v1/counters:batch", path: .countersBatch, methods: .post, needs: .write,
            body: .control),

        Route(
            id: .putPolicy, label: "PUT /v1/limits/{policy}", path: .limitPolicy, methods: .put, needs: .write,
            body: .control),
        Route(
            id: .readPolicy, label: "GET /v1/limits/{policy}", path: .limitPolicy, methods: [.get, .head], needs: .read,
            body: .ignored),
        Route(
            id: .deletePolicy, label: "DELETE /v1/limits/{policy}", path: .limitPolicy, methods: .delete, needs: .write,
            body: .ignored),
        Route(
            id: .askLimit, label: "POST /v1/limits/{policy}/{id}", path: .limit, methods: .post, needs: .write,
            body: .control),
        Route(
            id: .readLimit, label: "GET /v1/limits/{policy}/{id}", path: .limit, methods: [.get, .head], needs: .read,
            body: .ignored),
        Route(
            id: .forgetLimit, label: "DELETE /v1/limits/{policy}/{id}", path: .limit, methods: .delete, needs: .write,
            body: .ignored),
        Route(
            id: .blockLimit, label: "POST /v1/limits/{policy}/{id}/block", path: .limitBlock, methods: .post,
            needs: .write, body: .control),
        Route(
            id: .penalizeLimit, label: "POST /v1/limits/{policy}/{id}/penalty", path: .limitPenalty, methods: .post,
            needs: .write, body: .control),
        Route(
            id: .rewardLimit, label: "POST /v1/limits/{policy}/{id}/reward", path: .limitReward, methods: .post,
            needs: .write, body: .control),
        Route(
            id: .putOverride, label: "PUT /v1/limits/{policy}/{id}/override", path: .limitOverride, methods: .put,
            needs: .write, body: .control),
        Route(
            id: .deleteOverride, label: "DELETE /v1/limits/{policy}/{id}/override", path: .limitOverride,
            methods: .delete, needs: .write, body: .ignored),
        Route(
            id: .renewLease, label: "PUT /v1/limits/{policy}/{id}/leases/{lease}", path: .limitLease, methods: .put,
            needs: .write, body: .control),
        Route(
            id: .releaseLease, label: "DELETE /v1/limits/{policy}/{id}/leases/{lease}", path: .limitLease,
            methods: .delete, needs: .write, body: .ignored),
        Route(
            id: .checkLimits, label: "POST /v1/limits:check", path: .limitsCheck, methods: .post, needs: .write,
            body: .control),
        Route(
            id: .batchLimits, label: "POST /v1/limits:batch", path: .limitsBatch, methods: .post, needs: .write,
            body: .control),
        Route(
            id: .commitLimits, label: "POST /v1/limits:commit", path: .limitsCommit, methods: .post, needs: .write,
            body: .control),
        Route(
            id: .refundLimits, label: "POST /v1/limits:refund", path: .limitsRefund, methods: .post, needs: .write,
            body: .control),
    ]

    /// The methods each path serves, `OPTIONS` included; empty for the unknown path.
    static func methods(of path: RoutePath) -> MethodSet {
        if path == .unknown { return [] }
        return all.reduce(into: MethodSet.options) { if $1.path == path { $0.formUnion($1.methods) } }
    }

    /// Path-major: the route of each path and method, `none` where there is none.
    private static let dispatch: [RouteID] = {
        var table = [RouteID](repeating: .none, count: RoutePath.allCases.count * Method.allCases.count)
        for path in RoutePath.allCases where path != .unknown {
            for method in Method.allCases {
                let slot = Int(path.rawValue) * Method.allCases.count + Int(method.rawValue)
                let found = all.first { $0.path == path && $0.methods.contains(method) }
                table[slot] = found?.id ?? (method == .options ? .options : .none)
            }
        }
        return table
    }()

    private static let methodCount = Method.allCases.count

    /// The route of a path and method; nil when the path does not serve the method.
    static func route(_ path: RoutePath, _ method: Method) -> Route? {
        let id = dispatch[Int(path.rawValue) * methodCount + Int(method.rawValue)]
        return id == .none ? nil : all[Int(id.rawValue)]
    }
}
