import Bytes
import CacheModel
import HTTP1
import JSON

/// Beginning a session, and giving one another id.
extension Desk {
    /// Where a session does not say how long it lives at most: 30 days, in milliseconds.
    private static let usualLife: Int64 = 30 * 24 * 3600 * 1000
    /// How long a replaced id still reads unless said otherwise, in milliseconds.
    private static let usualGrace: Int64 = 10_000

    mutating func createSession(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        try refuseParameters(request)
        try checkJSONBody(request)
        var wish = try SessionBody(
            request.body, taking: [.user, .data, .idle, .max, .meta, .index, .cap], noted: &noted)
        if wish.cap != nil && wish.user.isEmpty {
            noted.removeAll()
            noted.append("/cap")
            throw Problem(.badRequest, "a cap goes with a user", .notedPointer)
        }
        if wish.data.isEmpty { wish.data.append("{}") }
        var id = IOBuffer()
        let digest = SessionSecret.make(into: &id)
        try create(digest, wish, turn)
        try writeSession(id: id.readable, showingData: false, at: turn.now)
        answerSession(201, response: &response)
    }

    private mutating func create(
        _ digest: SessionDigest, _ wish: borrowing SessionBody, _ turn: Turn
    ) throws(Problem) {
        var creation = SessionCreation(
            digest: digest, handle: .make(), user: wish.user.readable, data: wish.data.readable,
            meta: wish.meta.readable, bytes: wish.bytes.readable,
            expiresAt: turn.now.advanced(byMilliseconds: wish.max ?? Self.usualLife))
        creation.attributes = wish.attributes
        creation.idle = wish.idle
        creation.cap = wish.cap
        try execute(.sessionCreation(creation), turn)
        if let problem = sessionProblem(patch: Span()) { throw problem }
    }

    /// PUT of data under an id that the client made: only where the server lets it.
    mutating func createUnderChosenID(
        _ digest: SessionDigest, _ data: borrowing IOBuffer, _ request: borrowing Request, _ turn: Turn,
        response: inout ResponseWriter
    ) throws(Problem) {
        let length = request.field(.nuthatchSession)?.count ?? 0
        guard length >= SessionSecret.shortestChosen else {
            throw Problem(.sessionMissing, "an id that a client chooses has at least 16 bytes")
        }
        let creation = SessionCreation(
            digest: digest, handle: .make(), user: Span(), data: data.readable, meta: Span(), bytes: Span(),
            expiresAt: turn.now.advanced(byMilliseconds: Self.usualLife))
        try execute(.sessionCreation(creation), turn)
        if reply.session.refusal == .exists {
            // Another request was first.
            try execute(.secret(digest), .putData, text: data.readable, try conditions(request, turn), turn)
            return answerDone(tag: reply.entry.position, response: &response)
        }
        if let problem = sessionProblem(patch: Span()) { throw problem }
        try writeSession(showingData: false, at: turn.now)
        answerSession(201, response: &response)
    }

    // MARK: Rotation

    mutating func rotateSession(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(request, allowing: ParameterSet(.grace), "unknown; rotate takes grace")
        let digest = try ownSession(request)
        try checkJSONBody(request)
        let wish = try SessionBody(request.body, taking: [.user, .data, .grace, .cap], noted: &noted)
        let grace = try grace(parameters, wish)
        var id = IOBuffer()
        let next = SessionSecret.make(into: &id)
        if let conditions = try conditions(request, turn) {
            try rotate(digest, to: next, wish, grace, conditions.precondition, turn)
        } else {
            try rotate(digest, to: next, wish, grace, Precondition(), turn)
        }
        try writeSession(id: id.readable, showingData: false, at: turn.now)
        answerSession(201, response: &response)
    }

    private func grace(
        _ parameters: borrowing Parameters, _ wish: borrowing SessionBody
    ) throws(Problem) -> Int64 {
        let sent = try parameters.duration(.grace)?.milliseconds
        if sent != nil && wish.grace != nil {
            throw .bad(.grace, "parameters stand in the query or in the body, not in both")
        }
        let grace = sent ?? wish.grace ?? Self.usualGrace
        guard grace <= Limits.sessionGrace else { throw .bad(.grace, "a grace is at most 5 minutes") }
        return grace
    }

    private mutating func rotate(
        _ digest: SessionDigest, to next: SessionDigest, _ wish: borrowing SessionBody, _ grace: Int64,
        _ precondition: Precondition, _ turn: Turn
    ) throws(Problem) {
        var rotation = SessionRotation(
            digest: digest, next: next, user: wish.hasUser ? wish.user.readable : nil,
            data: wish.data.isEmpty ? nil : wish.data.readable, precondition: copy precondition)
        rotation.grace = grace
        rotation.cap = wish.cap
        try execute(.sessionRotation(rotation), turn)
        if let problem = sessionProblem(patch: wish.data.readable) { throw problem }
    }
}
