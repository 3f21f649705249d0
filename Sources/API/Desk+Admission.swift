import Bytes
import CacheModel
import HTTP1
import PubSub

/// Everything that is decided before a body is read, in the order that is part of the contract (http-robustness §1).
extension Desk {
    mutating func admit(_ request: borrowing Request, response: inout ResponseWriter) -> Bool {
        do throws(Problem) {
            try judge(request)
            return true
        } catch {
            if response.status != 0 {
                // A streaming answer is under way: it is cut, nothing can be written into it any more.
                response.closeAfterwards()
                return false
            }
            var problem = error
            // The client may send its body or not (RFC 9110 §10.1.1): what follows could be either.
            if request.expectsContinue { problem.closes = true }
            answer(problem, to: request, response: &response)
            return false
        }
    }

    /// Finds route and caller, or throws what is wrong with the head.
    mutating func judge(_ request: borrowing Request) throws(Problem) {
        route = Routes.all[0]
        // What the request before revealed, wrote and wanted confirmed is not this one's.
        reply.beginRequest()
        acknowledgement = nil
        refreshAccess()
        if api.settings.loopbackOnly { try checkHost(request) }
        let method = request.method
        isHead = method == .head
        hasQuery = request.hasQuery
        if method == .unknown {
            throw Problem(.unknownMethod, "the methods are GET, HEAD, PUT, POST, DELETE, PATCH, OPTIONS, QUERY")
        }
        let shape = RoutePath.match(request.path)
        let found = Routes.route(shape, method)
        try identify(request, isPublic: found.map { $0.needs == nil } ?? false)
        guard let found else {
            if shape == .unknown {
                if RoutePath.hasBadEscape(request.path) {
                    throw .badRequest("outside a name a path holds no broken escape and no escaped control character")
                }
                throw Problem(.noSuchResource, "no such path: GET / and /openapi.json tell what there is")
            }
            throw Problem(
                .methodNotAllowed, "this path does not serve the method", .allow(Routes.methods(of: shape)))
        }
        route = found
        if let needs = found.needs, !principal.permissions.isSuperset(of: needs) {
            throw .forbidden(principal.permissions.missing(from: needs))
        }
        if access.isOpen && !method.isSafe { try checkOrigin(request) }
        if found.needsData, api.readiness == .starting { throw .loading }
        if request.expectsUnknown {
            throw Problem(.expectationFailed, "the only expectation served is 100-continue", closes: true)
        }
        try checkBodySize(request)
    }

    /// The tokens were read anew, or the data has been loaded.
    private mutating func adoptChanges() {
        accessVersion = api.accessVersion
        access = api.access
        let data = api.openData
        engine = data.engine
        gate = data.gate
    }

    /// RFC 9110 §7.4: an authority this server does not serve. The absolute form stands in for `Host`.
    private mutating func checkHost(_ request: borrowing Request) throws(Problem) {
        guard let authority = request.authority else { return }
        if approvedHost.readable.equals(authority) { return }
        guard HostGuard.isLoopback(authority) else {
            throw Problem(
                .misdirectedRequest, "this server listens on loopback: Host must be localhost, 127.0.0.1 or [::1]")
        }
        approvedHost.removeAll(keeping: 256)
        approvedHost.append(authority)
    }

    private mutating func identify(_ request: borrowing Request, isPublic: Bool) throws(Problem) {
        if access.isOpen {
            principal = .local
            return
        }
        principal = .stranger
        if let field = request.field(.authorization), let token = Authorization.bearerToken(field),
            let permissions = access.permissions(of: token)
        {
            principal = Principal(permissions: permissions, isKnown: true)
        }
        if !principal.isKnown && !isPublic {
            throw Problem(.unauthorized, "send Authorization: Bearer with a token this server knows")
        }
    }

    /// Takes the policy anew when it has changed.
    mutating func refreshAccess() {
        if api.accessVersion != accessVersion { adoptChanges() }
    }

    private func checkOrigin(_ request: borrowing Request) throws(Problem) {
        guard let origin = request.field(.origin) else { return }
        guard let host = request.field(.host), HostGuard.isOwn(origin, host: host) else {
            throw Problem(.forbidden, "a page of another origin may not change data", .needs("a token"))
        }
    }

    private func checkBodySize(_ request: borrowing Request) throws(Problem) {
        guard case .length(let length) = request.framing else { return }
        switch route.body {
        case .value:
            let limit = api.settings.limits.valueBytes
            if length > limit { throw .tooLarge("a value is longer than the limit", limit: limit) }
        case .event:
            let limit = PubSubLimits.payloadBytes
            if length > limit { throw .tooLarge("an event is longer than the limit", limit: limit) }
        case .control, .ignored:
            let limit = api.settings.bodyLimit
            if length > limit { throw .tooLarge("a body is longer than the limit", limit: limit) }
        }
    }
}

extension Method {
    /// RFC 9110 §9.2.1 and RFC 10008 §2.
    var isSafe: Bool {
        switch self {
        case .get, .head, .options, .trace, .query: true
        case .put, .post, .delete, .patch, .unknown: false
        }
    }
}
