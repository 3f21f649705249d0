import Bytes

/// What is known of an entry beside its value.
package struct EntryInfo: Sendable, Equatable {
    /// The position of the last content change: the entity tag.
    package var position: Position = .none
    /// When the content last changed, exact to an eighth of a second.
    package var modifiedAt = Instant(milliseconds: 0)
    /// When freshness ends as things stand (a sliding lifetime moves it); `never` without a lifetime.
    package var freshUntil: Instant = .never
    /// The absolute end, for the `Expires` field; `never` where only sliding bounds it.
    package var expiresAt: Instant = .never
    package var idle: Int64 = 0
    package var staleWhileRevalidate: Int64 = 0
    package var staleIfError: Int64 = 0
    package var version: UInt64?
    package var valueCount: Int = 0

    package init() {}
}

/// What the engine says. A loop owns one and lends it to each command: its buffers are reused.
package struct Reply: ~Copyable {
    private let inPlace = InPlace()
    package var outcome: Outcome = .miss(.unknown)
    /// The entry read, written (its new state) or, where previous was wanted, the one replaced or removed.
    package var entry = EntryInfo()
    /// The position a write was given, `.none` when nothing was written.
    package var written: Position = .none
    /// The highest position of a change that this reply may reveal: it must not leave before the log holds all records
    /// up to it. At least that of the entry, and of the last removal or change of lifetime in the shards it looked at.
    /// Rises over the commands of one request: who begins a request clears it.
    package private(set) var horizon: Position = .none
    /// The same without what a log that cannot be written may say late, for it takes nothing back that a reader was
    /// shown: ends that reads moved, and removals of what had ended. At most ``horizon``.
    package private(set) var firmHorizon: Position = .none
    /// When a missing key went away, where that is known.
    package var missedAt: Instant?
    /// The entry's stored fields, in the form of ``StoredFields``.
    package var fields = IOBuffer()
    /// The entry's value, unless it is held as `shared`.
    package var value = IOBuffer()
    /// A large value, shared with the engine instead of copied.
    package var shared: SharedBytes?
    /// Keys, fields and values of `rows`.
    package var bytes = IOBuffer()
    package var rows: [ReplyRow] = []
    /// Where a table walk goes on; nil at its end. For an ordered page only whether it is nil matters.
    package var nextCursor: UInt64?
    /// What a command about counters found.
    package var counters = CounterReply()
    /// What a command about rate limits found.
    package var limits = LimitReply()
    /// The answer to a command on a leaderboard.
    package var board = BoardAnswer()
    /// What a command about sessions found.
    package var session = SessionReply()
    /// The engine's own; means nothing to the caller.
    package var workspace = Workspace()

    package init() {}

    /// Notes that the reply may reveal all changes up to a position.
    /// - Parameter late: the same with what may be said late; see ``firmHorizon``.
    @inline(always)
    package mutating func reveal(_ position: Position, late: Position = .none) {
        firmHorizon = max(firmHorizon, position)
        horizon = max(horizon, max(position, late))
    }

    /// A request begins, which has revealed nothing yet.
    package mutating func beginRequest() {
        horizon = .none
        firmHorizon = .none
        written = .none
    }

    /// Forgets the last answer; storage past 64 KiB is given back, so that one large answer does not stay for ever.
    package mutating func reset() {
        outcome = .miss(.unknown)
        entry = EntryInfo()
        written = .none
        missedAt = nil
        if !fields.isEmpty { fields.removeAll(keeping: 1 << 16) }
        if !value.isEmpty { value.removeAll(keeping: 1 << 16) }
        if shared != nil { shared = nil }
        if !rows.isEmpty || !bytes.isEmpty {
            bytes.removeAll(keeping: 1 << 16)
            rows.removeAll(keepingCapacity: rows.capacity <= 1024)
        }
        nextCursor = nil
        counters.reset()
        limits.reset()
        board.reset()
        session.reset()
    }

    /// The value's bytes, wherever they are held.
    package var valueBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Unsafe only in spelling: `self` holds `shared`, so its bytes live as long as the borrow does.
            if let shared { return unsafe _overrideLifetime(shared.span, borrowing: self) }
            return value.readable
        }
    }
}
