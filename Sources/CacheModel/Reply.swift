import Bytes

/// What is known of an entry beside its value.
public struct EntryInfo: Sendable, Equatable {
    /// The position of the last content change: the entity tag.
    public var position: Position = .none
    /// When the content last changed, exact to an eighth of a second.
    public var modifiedAt = Instant(milliseconds: 0)
    /// When freshness ends as things stand (a sliding lifetime moves it); `never` without a lifetime.
    public var freshUntil: Instant = .never
    /// The absolute end, for the `Expires` field; `never` where only sliding bounds it.
    public var expiresAt: Instant = .never
    public var idle: Int64 = 0
    public var staleWhileRevalidate: Int64 = 0
    public var staleIfError: Int64 = 0
    public var version: UInt64?
    public var valueCount: Int = 0

    public init() {}
}

/// What the engine says. A loop owns one and lends it to each command: its buffers are reused.
public struct Reply: ~Copyable {
    private let inPlace = InPlace()
    public var outcome: Outcome = .miss(.unknown)
    /// The entry read, written (its new state) or, where previous was wanted, the one replaced or removed.
    public var entry = EntryInfo()
    /// The position a write was given, `.none` when nothing was written.
    public var written: Position = .none
    /// The highest position of a change that this reply may reveal: it must not leave before the log holds all records
    /// up to it. At least that of the entry, and of the last removal or change of lifetime in the shards it looked at.
    /// Rises over the commands of one request: who begins a request clears it.
    public private(set) var horizon: Position = .none
    /// The same without what a log that cannot be written may say late, for it takes nothing back that a reader was
    /// shown: ends that reads moved, and removals of what had ended. At most ``horizon``.
    public private(set) var firmHorizon: Position = .none
    /// When a missing key went away, where that is known.
    public var missedAt: Instant?
    /// The entry's stored fields, in the form of ``StoredFields``.
    public var fields = IOBuffer()
    /// The entry's value, unless it is held as `shared`.
    public var value = IOBuffer()
    /// A large value, shared with the engine instead of copied.
    public var shared: SharedBytes?
    /// Keys, fields and values of `rows`.
    public var bytes = IOBuffer()
    public var rows: [ReplyRow] = []
    /// Where a table walk goes on; nil at its end. For an ordered page only whether it is nil matters.
    public var nextCursor: UInt64?
    /// What a command about counters found.
    public var counters = CounterReply()
    /// What a command about rate limits found.
    public var limits = LimitReply()
    /// The answer to a command on a leaderboard.
    public var board = BoardAnswer()
    /// What a command about sessions found.
    public var session = SessionReply()
    /// The engine's own; means nothing to the caller.
    public var workspace = Workspace()

    public init() {}

    /// Notes that the reply may reveal all changes up to a position.
    /// - Parameter late: the same with what may be said late; see ``firmHorizon``.
    public mutating func reveal(_ position: Position, late: Position = .none) {
        firmHorizon = max(firmHorizon, position)
        horizon = max(horizon, max(position, late))
    }

    /// A request begins, which has revealed nothing yet.
    public mutating func beginRequest() {
        horizon = .none
        firmHorizon = .none
        written = .none
    }

    /// Forgets the last answer; storage past 64 KiB is given back, so that one large answer does not stay for ever.
    public mutating func reset() {
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
    public var valueBytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Unsafe only in spelling: `self` holds `shared`, so its bytes live as long as the borrow does.
            if let shared { return unsafe _overrideLifetime(shared.span, borrowing: self) }
            return value.readable
        }
    }
}
