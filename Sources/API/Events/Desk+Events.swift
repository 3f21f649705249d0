import Bytes
import CacheModel
import Crypto
import HTTP1
import PubSub

/// `GET /v1/events`, `QUERY /v1/events`, `POST /v1/events:query`: streams and polls.
extension Desk {
    mutating func openEvents(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let parameters = try eventsParameters(request)
        guard principal.permissions.contains(.read) || parameters.has(.ticket) else {
            throw principal.isKnown
                ? .forbidden("read")
                : Problem(.unauthorized, "send Authorization: Bearer with a token this server knows, or a ticket")
        }
        var wish = try EventsWish(parameters, lastEventID: request.field(.lastEventID))
        let form = try eventForm(of: wish, request)
        if parameters[.ticket] == nil { try wish.check() }
        if isHead {
            answerEventsHead(wish, form, response: &response)
            return .responded
        }
        let credential = try admitListener(parameters, &wish, request, at: turn.now)
        try wish.check()
        if wish.wait == nil { beginStream(form, response: &response) }
        opening = EventStreamPlan(
            subscription: wish.subscription, form: form, slow: wish.slow, heartbeatIsEvent: wish.heartbeatIsEvent,
            wait: wish.wait, isChunked: response.isChunked, credential: credential)
        return .subscribed
    }

    /// From the query, or from the body where that is a query.
    private mutating func eventsParameters(_ request: borrowing Request) throws(Problem) -> Parameters {
        let list: StaticString = """
            unknown; events take topic, match, since, last, where, slow, envelope, heartbeat, presence, ticket, poll, \
            wait
            """
        guard route.id != .events else {
            guard let query = request.query else { return Parameters() }
            return try Parameters(
                query, allowing: EventsWish.parameters, repeatable: EventsWish.repeatable, list, noted: &noted)
        }
        try refuseParameters(request)
        try requireJSON(request)
        var parameters = Parameters()
        try parameters.readEventsJSON(request.body, allowing: EventsWish.parameters, noted: &noted)
        return parameters
    }

    func requireJSON(_ request: borrowing Request) throws(Problem) {
        guard let field = request.field(.contentType), let type = MediaType.parse(field),
            type.is("application", "json")
        else { throw Problem(.unsupportedMediaType, "the body is application/json") }
    }

    private func eventForm(of wish: EventsWish, _ request: borrowing Request) throws(Problem) -> EventForm {
        if wish.wait != nil {
            let offers: InlineArray<1, MediaOffer> = [.json]
            guard best(of: offers, request) != nil else {
                throw Problem(.notAcceptable, "the answer to a poll is application/json")
            }
            return .elements
        }
        let offers: InlineArray<2, MediaOffer> = [.events, .ndjson]
        switch best(of: offers, request) {
        case 0: return wish.isBare ? .bare : .events
        case 1 where wish.isBare: throw .bad(.envelope, "none goes with a stream of events only")
        case 1: return .lines
        default: throw Problem(.notAcceptable, "a stream is text/event-stream or application/x-ndjson")
        }
    }

    /// Takes the ticket, or notes the token, that lets the reader in.
    private mutating func admitListener(
        _ parameters: borrowing Parameters, _ wish: inout EventsWish, _ request: borrowing Request, at now: Instant
    ) throws(Problem) -> Credential {
        guard let text = parameters[.ticket] else { return credential(of: request) }
        guard let ticket = api.tickets.redeem(text, at: now) else {
            throw Problem(.unauthorized, "the ticket was used, has ended or was never issued")
        }
        guard mayStillRead(ticket.credential) else { throw Problem(.unauthorized, "the ticket's token was revoked") }
        if wish.subscription.topics.isEmpty && wish.subscription.patterns.isEmpty {
            wish.subscription.topics = ticket.topics
            wish.subscription.patterns = ticket.patterns
        }
        let isCovered =
            wish.subscription.topics.allSatisfy { name in ticket.topics.contains { $0.bytes == name.bytes } }
            && wish.subscription.patterns.allSatisfy(ticket.patterns.contains)
        guard isCovered else {
            throw Problem(.forbidden, "the ticket is for other topics", .needs("a ticket for these topics"))
        }
        return ticket.credential
    }

    func credential(of request: borrowing Request) -> Credential {
        guard !access.isOpen, let field = request.field(.authorization),
            let token = Authorization.bearerToken(field)
        else { return Credential(digest: nil) }
        return Credential(digest: SHA256.digest(token))
    }

    /// Whether who was let in by this credential would be let in now.
    mutating func mayStillRead(_ credential: Credential) -> Bool {
        refreshAccess()
        guard let digest = credential.digest else { return access.isOpen }
        return access.permissions(ofTokenWith: digest)?.contains(.read) ?? false
    }

    // MARK: Answers

    private func beginStream(_ form: EventForm, response: inout ResponseWriter) {
        response.begin(200)
        Self.writeStreamFields(form, response: &response)
        response.finishChunked()
    }

    private static func writeStreamFields(_ form: EventForm, response: inout ResponseWriter) {
        response.fields(
            form == .lines
                ? "Content-Type: application/x-ndjson\r\n" : "Content-Type: text/event-stream\r\n")
        response.fields(
            """
            Cache-Control: no-store\r\nX-Accel-Buffering: no\r\nIncremental: ?1\r\nVary: Accept\r\n\
            X-Content-Type-Options: nosniff\r\n
            """)
    }

    private func answerEventsHead(_ wish: EventsWish, _ form: EventForm, response: inout ResponseWriter) {
        response.begin(200)
        if wish.wait == nil {
            Self.writeStreamFields(form, response: &response)
        } else {
            response.fields(Surface.json)
            response.fields("Cache-Control: no-store\r\n")
        }
        response.finishWithoutBody()
    }

    /// `POST /v1/events:ticket`.
    mutating func issueTicket(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let allowed = ParameterSet(.topic, .match, .ttl)
        var parameters: Parameters
        if request.body.isEmpty {
            guard let query = request.query else { throw .bad(.topic, "name a topic, or a pattern with match") }
            parameters = try Parameters(
                query, allowing: allowed, repeatable: EventsWish.repeatable,
                "unknown; a ticket takes topic, match and ttl", noted: &noted)
        } else {
            try refuseParameters(request)
            try requireJSON(request)
            parameters = Parameters()
            try parameters.readEventsJSON(request.body, allowing: allowed, noted: &noted)
        }
        let form = try controlForm(request)
        var wish = EventsWish()
        try wish.readListeners(parameters)
        try wish.check()
        let ttl = try parameters.duration(.ttl)?.milliseconds ?? TicketStore.longest
        guard ttl <= TicketStore.longest else { throw .bad(.ttl, "at most 30s") }
        let ticket = TicketStore.Ticket(
            topics: wish.subscription.topics, patterns: wish.subscription.patterns,
            credential: credential(of: request), until: turn.now.advanced(byMilliseconds: ttl))
        guard let text = api.tickets.issue(ticket, at: turn.now) else {
            throw Problem(.unavailable, "too many tickets are waiting to be used", .retryAfter(30))
        }
        scratch.removeAll()
        if form == .json { scratch.append("{\"ticket\":\"") }
        scratch.append(text)
        scratch.append(form == .json ? "\"}\n" : "\n")
        answerScratch(201, form, response: &response)
    }
}
