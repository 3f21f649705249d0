import CacheModel

/// What has become of a request.
package enum Disposition: Sendable, Equatable {
    /// The answer is written whole.
    case responded
    /// Nothing is written: the ticket will be delivered, or the moment comes. A request that parks again after
    /// ``Resumption/awakened`` keeps the first moment it was given.
    case parked(until: Instant)
    /// Nothing is written, as the change may not be made yet: the ``ChangeGate`` lets it in, or the moment comes.
    /// A request that is held again after ``Resumption/admitted`` keeps the first moment it was given.
    case held(until: Instant)
    /// A piece of a chunked answer is written. When it has left, `handle` goes on at the cursor.
    case streaming(cursor: Int)
    /// The head of an endless answer is written, or of a poll nothing yet: the connection is given the
    /// ``EventStreamPlan`` and goes on by itself.
    case subscribed
}

/// Why `handle` is called.
package enum Resumption: Sendable, Equatable {
    /// For the first time.
    case fresh
    /// The ticket was delivered: what was waited for may have happened.
    case awakened
    /// The gate may be open: what was held begins only now.
    case admitted
    /// The wait is over.
    case deadline
    /// The piece before has left.
    case drained(cursor: Int)
}

/// What a call of `handle` is told beside the request.
struct Turn: Sendable {
    var now: Instant
    var ticket: Ticket
    var resumption: Resumption
}
