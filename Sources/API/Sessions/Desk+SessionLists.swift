import Bytes
import CacheModel
import HTTP1
import JSON

/// Lists of sessions, and "log out everywhere".
extension Desk {
    mutating func listSessions(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.where, .limit, .cursor, .data),
            "unknown; a list takes where, limit, cursor and data")
        guard let text = parameters[.where] else {
            return try listSessions(.all, Span(), Span(), parameters, request, turn, response: &response)
        }
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            throw .bad(.where, "an attribute and its value, as in tenant:acme")
        }
        try listSessions(
            .attribute, text.extracting(0..<colon), text.extracting((colon + 1)..<text.count), parameters, request,
            turn, response: &response)
    }

    mutating func listUserSessions(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.limit, .cursor, .data, .key64),
            "unknown; a list takes limit, cursor, data and key64")
        let user = try userInPath(request)
        try listSessions(.user, Span(), user.readable, parameters, request, turn, response: &response)
    }

    private mutating func userInPath(_ request: borrowing Request) throws(Problem) -> IOBuffer {
        var user = IOBuffer()
        try takeName(RoutePath.segment(behind: SessionPath.userPrefix, of: request.path), request, into: &user)
        return user
    }

    // MARK: Pages

    private enum SessionListing { case all, user, attribute }

    private mutating func listSessions(
        _ listing: SessionListing, _ name: Span<UInt8>, _ value: Span<UInt8>, _ parameters: borrowing Parameters,
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let limit = try parameters.number(.limit, in: 1...Int64(Limits.pageRows), "1 to 1000") ?? 100
        let showsData = try wantsData(parameters)
        // A cursor belongs to what is listed.
        var query = ListQuery()
        query.ordered = listing != .all
        query.prefix.append(request.path)
        query.start.append(name)
        query.end.append(value)
        let secret = query.ordered ? api.settings.cursorSecret : api.processSecret
        let list = SessionList(
            selection: try selection(listing, parameters, query, secret), name: name, value: value, limit: Int(limit),
            wantsData: showsData)
        try execute(.sessionList(list), turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        var next = IOBuffer()
        if let place = nextCursor(listing) { place.append(for: query, secret: secret.span, to: &next) }
        scratch.removeAll()
        SessionJSON.append(
            page: reply, next: next.readable, showingData: showsData, at: turn.now, into: &scratch)
        scratch.append("\n")
        response.begin(200)
        response.fields(Surface.json)
        response.fields(Surface.noStore)
        if !next.isEmpty { Self.writeLink(to: next, path: request.path, request, response: &response) }
        response.finish(length: scratch.count)
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }

    /// Where the listing goes on, of the cursor that was sent.
    private func selection(
        _ listing: SessionListing, _ parameters: borrowing Parameters, _ query: borrowing ListQuery,
        _ secret: [UInt8]
    ) throws(Problem) -> SessionSelection {
        var place: UInt64?
        var after: SessionHandle?
        if let text = parameters[.cursor] {
            let refusal = Problem(.badCursor, "the cursor is not one this list gave, or belongs to another query")
            guard let cursor = ListCursor(text, for: query, secret: secret.span) else { throw refusal }
            place = cursor.tableCursor
            if listing != .all || !cursor.key.isEmpty {
                guard cursor.key.count == SessionHandle.bytes else { throw refusal }
                after = SessionHandle(cursor.key.readable)
            }
        }
        switch listing {
        case .all: return .all(cursor: place, after: after)
        case .user: return .user(after: after)
        case .attribute: return .attribute(after: after)
        }
    }

    /// Where the page after the reply's goes on.
    private func nextCursor(_ listing: SessionListing) -> ListCursor? {
        var next = ListCursor(ordered: listing != .all)
        if listing == .all {
            guard let place = reply.nextCursor else { return nil }
            next.tableCursor = place
        } else if reply.session.next == nil {
            return nil
        }
        reply.session.next?.append(to: &next.key)
        return next
    }

    // MARK: Log out everywhere

    mutating func revokeUserSessions(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(
            request, allowing: ParameterSet(.except, .key64), "unknown; DELETE takes except and key64")
        let user = try userInPath(request)
        var except: SessionName?
        if let text = parameters[.except] {
            if text.equals("self") {
                except = .secret(try ownSession(request))
            } else {
                guard let handle = SessionHandle(text: text) else { throw .bad(.except, "self, or a handle") }
                except = .handle(handle)
            }
        }
        try execute(.sessionRevocation(SessionRevocation(user: user.readable, except: except)), turn)
        if let problem = sessionProblem(patch: Span()) { throw problem }
        scratch.removeAll()
        var json = JSONWriter()
        json.beginObject(into: &scratch)
        json.member("revoked", integer: reply.session.revoked, into: &scratch)
        json.endObject(into: &scratch)
        scratch.append("\n")
        response.begin(200)
        response.fields(Surface.json)
        response.fields(Surface.noStore)
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }
}
