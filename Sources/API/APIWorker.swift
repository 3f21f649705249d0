import Bytes
import CacheModel
import HTTP1
import Observability

/// The HTTP surface of one event loop: bytes of a request in, bytes of an answer out. Not thread-safe; every loop makes
/// its own.
///
/// ```
/// admit(head) ── refused: the problem is written, false
///     └─ handle(request) ── responded | parked | streaming
/// refuse(failure): the bytes were no request
/// ```
package struct APIWorker: ~Copyable {
    private var desk: Desk
    /// The counters of this loop's requests.
    package let metrics: RequestMetrics

    package init(api: CacheAPI, loop: Int, seed: UInt64) {
        desk = Desk(api: api, loop: loop, seed: seed)
        metrics = desk.metrics
    }

    /// The route of the last request, for metrics.
    package var lastRoute: RouteID { desk.route.id }

    /// What the last answer may reveal: it must not leave before the log holds all records up to here.
    package var horizon: Position { desk.reply.horizon }

    /// The same for an answer that has waited in vain for a log that cannot be written: a read leaves without what may
    /// be said late.
    package var firmHorizon: Position { desk.route.mayChange ? desk.reply.horizon : desk.reply.firmHorizon }

    /// What the client wants confirmed before the last answer leaves; nil for nothing.
    package var acknowledgement: Acknowledgement? { desk.acknowledgement }

    /// The position that the last request's change was given.
    package var written: Position { desk.reply.written }

    /// Answers for those that the log held back for too long.
    package mutating func answerNotKept(response: inout ResponseWriter) { desk.answerNotKept(response: &response) }

    /// Answers for a change that was not confirmed in time.
    package func answerUnconfirmed(at position: Position, response: inout ResponseWriter) {
        desk.answerUnconfirmed(at: position, response: &response)
    }

    /// Has the engine bring near what it will need for the key that a path without escapes names.
    package mutating func anticipate(_ path: Span<UInt8>) -> KeyHint? {
        guard let name = RoutePath.plainKey(path) else { return nil }
        return desk.engine.prefetchIndex(for: name)
    }

    /// Goes on where ``anticipate(_:)`` left.
    package mutating func anticipate(further hint: KeyHint) { desk.engine.prefetchEntry(hint) }

    /// Judges a request by its head alone, before its body is read: host, method, credentials, route, expectation,
    /// size. To be called directly before ``handle(_:resumption:ticket:at:response:)`` as well: other requests may have
    /// come between, and credentials may have changed.
    ///
    /// A refusal does not close by itself: where the body was not read, the caller prepared the response to close.
    /// - Returns: false when the refusal has been written.
    package mutating func admit(_ request: borrowing Request, response: inout ResponseWriter) -> Bool {
        desk.admit(request, response: &response)
    }

    /// Answers a request that was just admitted. A streaming answer that goes on (``Resumption/drained(cursor:)``)
    /// is judged again in here: a refusal cuts the answer instead of writing into it.
    package mutating func handle(
        _ request: borrowing Request, resumption: Resumption, ticket: Ticket, at now: Instant,
        response: inout ResponseWriter
    ) -> Disposition {
        desk.handle(request, Turn(now: now, ticket: ticket, resumption: resumption), response: &response)
    }

    /// The stream that ``Disposition/subscribed`` was about.
    package mutating func takeOpenedStream() -> EventStreamPlan {
        defer { desk.opening = nil }
        return desk.opening!
    }

    /// Whether the loop's own requests have published something since this was asked last.
    package mutating func takeHasPublished() -> Bool {
        defer { desk.hasPublished = false }
        return desk.hasPublished
    }

    /// Whether a stream's reader would be let in now.
    package mutating func mayStillRead(_ credential: Credential) -> Bool { desk.mayStillRead(credential) }

    /// Answers bytes that are no request this server takes; the connection closes.
    package mutating func refuse(_ failure: HTTPFailure, response: inout ResponseWriter) {
        desk.refuse(failure, response: &response)
    }
}
