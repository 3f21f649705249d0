import Bytes
import CacheModel
import HTTP1
import JSON

/// `/v1/sessions` and `/v1/users/{user}/sessions`: goes by route, and what all of them share.
extension Desk {
    mutating func sessions(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        if alwaysHasBody { try checkJSON(request) }
        switch route.id {
        case .createSession: try createSession(request, turn, response: &response)
        case .listSessions: try listSessions(request, turn, response: &response)
        case .readOwnSession: try readOwnSession(request, turn, response: &response)
        case .patchOwnSession: try patchOwnSession(request, turn, response: &response)
        case .endOwnSession: try endOwnSession(request, turn, response: &response)
        case .putSessionData: try putSessionData(request, turn, response: &response)
        case .touchSession: try touchSession(request, turn, response: &response)
        case .rotateSession: try rotateSession(request, turn, response: &response)
        case .readSession: try readSession(request, turn, response: &response)
        case .revokeSession: try revokeSession(request, turn, response: &response)
        case .listUserSessions: try listUserSessions(request, turn, response: &response)
        default: try revokeUserSessions(request, turn, response: &response)
        }
    }

    /// Whether a success of the route tells something, so that it matters what the client takes.
    private var alwaysHasBody: Bool {
        switch route.id {
        case .patchOwnSession, .endOwnSession, .putSessionData, .touchSession, .revokeSession: false
        default: true
        }
    }

    // MARK: Who is meant

    /// The digest of the secret id in `Nuthatch-Session`.
    func ownSession(_ request: borrowing Request) throws(Problem) -> SessionDigest {
        guard let id = request.field(.nuthatchSession), !id.isEmpty else {
            throw Problem(.sessionMissing, "the session's id comes in the field Nuthatch-Session")
        }
        guard id.count <= SessionSecret.longest else {
            throw Problem(.sessionMissing, "a session's id has at most 512 bytes")
        }
        return SessionSecret.digest(of: id)
    }

    /// The handle in the path. A text that is none is a handle nobody has.
    func handleInPath(_ request: borrowing Request) throws(Problem) -> SessionHandle {
        let segment = RoutePath.segment(behind: SessionPath.prefix, of: request.path)
        guard let handle = SessionHandle(text: request.path.extracting(segment)) else { throw Self.unknownSession }
        return handle
    }

    // MARK: Commands

    /// Runs a command on one session, and throws what it was refused for.
    mutating func execute(
        _ name: SessionName, _ action: SessionAction, text: Span<UInt8> = Span(), _ conditions: Conditions? = nil,
        _ turn: Turn
    ) throws(Problem) {
        if let conditions {
            let command = SessionCommand(
                name: name, action: action, text: text, precondition: conditions.precondition)
            try execute(.session(command), turn)
        } else {
            try execute(
                .session(SessionCommand(name: name, action: action, text: text, precondition: Precondition())), turn)
        }
        if let problem = sessionProblem(patch: text) { throw problem }
    }

    // MARK: Answers

    /// Puts the session of the reply into the scratch.
    ///
    /// - Parameter id: the secret id, told once where it is new; empty where it is not told.
    mutating func writeSession(id: Span<UInt8> = Span(), showingData: Bool, at now: Instant) throws(Problem) {
        scratch.removeAll()
        if !id.isEmpty { scratch.isSecret = true }
        guard SessionJSON.append(reply, id: id, showingData: showingData, at: now, into: &scratch) else {
            throw .unavailable
        }
    }

    /// Sends what the scratch holds.
    mutating func answerSession(_ status: Int, response: inout ResponseWriter) {
        scratch.append("\n")
        beginSession(status, response: &response)
        response.finish(length: scratch.count)
        if scratch.isSecret { response.buffer.isSecret = true }
        response.body(scratch.readable)
        scratch.removeAll(keeping: 1 << 16)
    }

    /// The head of an answer with the session of the reply.
    mutating func beginSession(_ status: Int, response: inout ResponseWriter) {
        response.begin(status)
        response.fields(Surface.json)
        response.fields(Surface.noStore)
        writeTag(EntryTag(reply.entry.position), response: &response)
        if reply.session.isRotated { response.fields("Nuthatch-Session-Rotated: ?1\r\n") }
    }

    /// 204; with the tag of what was written, where something was.
    func answerDone(tag: Position = .none, response: inout ResponseWriter) {
        response.begin(204)
        response.fields(Surface.noStore)
        if tag != .none { writeTag(EntryTag(tag), response: &response) }
        response.finishWithoutBody()
    }
}
