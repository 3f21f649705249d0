import Bytes

/// Every operation the cache knows, as data. Keys and bodies are spans of the request: nothing is copied to ask.
public enum Command: ~Escapable {
    case read(Read)
    case put(Put)
    case delete(Delete)
    case extend(Extend)
    case truncate(Truncate)
    case touch(Touch)
    case watch(Watch)
    case list(List)
    case group(Group)
    case counter(CounterCommand)
    case counterAdds(CounterAdds)
    case limitCheck(LimitCheck)
    case limitChange(LimitChange)
    case limitPolicy(LimitPolicyCommand)
    case limitList(LimitList)
    case limitDenials(LimitDenials)
    case board(BoardCommand)
    case session(SessionCommand)
    case sessionCreation(SessionCreation)
    case sessionRotation(SessionRotation)
    case sessionList(SessionList)
    case sessionRevocation(SessionRevocation)
}

/// Look an entry up.
public struct Read: ~Escapable {
    public var key: Span<UInt8>
    /// Whether this read slides an idle lifetime.
    public var slides: Bool
    /// Whether an entry past its freshness but inside `staleWhileRevalidate` is a hit.
    public var acceptsStale: Bool
    /// Whether the value's bytes are wanted, or only what is known about them (HEAD, listings).
    public var wantsValue: Bool

    @_lifetime(copy key)
    public init(key: Span<UInt8>, slides: Bool = true, acceptsStale: Bool = true, wantsValue: Bool = true) {
        self.key = key
        self.slides = slides
        self.acceptsStale = acceptsStale
        self.wantsValue = wantsValue
    }
}

/// Store a value whole: creates or replaces.
public struct Put: ~Escapable {
    public var key: Span<UInt8>
    public var value: Span<UInt8>
    /// The stored fields in the form of ``StoredFields``; replaces what was there.
    public var fields: Span<UInt8>
    public var lifetime: LifetimeChange
    public var version: CallerVersion?
    public var precondition: Precondition
    /// Whether the reply carries the entry that was replaced (get-and-set).
    public var wantsPrevious: Bool

    @_lifetime(copy key, copy value, copy fields, copy precondition)
    public init(
        key: Span<UInt8>, value: Span<UInt8>, fields: Span<UInt8>, lifetime: LifetimeChange,
        version: CallerVersion?, precondition: consuming Precondition, wantsPrevious: Bool
    ) {
        self.key = key
        self.value = value
        self.fields = fields
        self.lifetime = lifetime
        self.version = version
        self.precondition = precondition
        self.wantsPrevious = wantsPrevious
    }
}

/// Remove an entry.
public struct Delete: ~Escapable {
    public var key: Span<UInt8>
    public var version: CallerVersion?
    public var precondition: Precondition
    /// Whether the reply carries the removed entry (get-and-delete).
    public var wantsPrevious: Bool

    @_lifetime(copy key, copy precondition)
    public init(
        key: Span<UInt8>, version: CallerVersion?, precondition: consuming Precondition, wantsPrevious: Bool
    ) {
        self.key = key
        self.version = version
        self.precondition = precondition
        self.wantsPrevious = wantsPrevious
    }
}

public enum ExtendEnd: Sendable { case front, back }

/// Add bytes to a value at one end; creates the entry when there is none. Lifetime, fields and version stay.
public struct Extend: ~Escapable {
    public var key: Span<UInt8>
    public var bytes: Span<UInt8>
    public var end: ExtendEnd
    /// The longest the value may become; longer is `outOfBounds`.
    public var maximumLength: Int
    /// Stored fields for an entry that is created.
    public var fields: Span<UInt8>
    public var precondition: Precondition

    @_lifetime(copy key, copy bytes, copy fields, copy precondition)
    public init(
        key: Span<UInt8>, bytes: Span<UInt8>, end: ExtendEnd, maximumLength: Int, fields: Span<UInt8>,
        precondition: consuming Precondition
    ) {
        self.key = key
        self.bytes = bytes
        self.end = end
        self.maximumLength = maximumLength
        self.fields = fields
        self.precondition = precondition
    }
}

/// Cut a value to its first `length` bytes; a shorter value stays as it is (and keeps its position).
public struct Truncate: ~Escapable {
    public var key: Span<UInt8>
    public var length: Int
    public var precondition: Precondition

    @_lifetime(copy key, copy precondition)
    public init(key: Span<UInt8>, length: Int, precondition: consuming Precondition) {
        self.key = key
        self.length = length
        self.precondition = precondition
    }
}

public enum TouchChange: Sendable, Equatable {
    /// A new lifetime. The stale windows given are ignored: an entry keeps its own.
    case lifetime(Lifetime)
    /// Slide the idle lifetime as a read would; nothing for an entry without one.
    case slide
    /// End freshness now; the stale windows count from here.
    case stale
}

/// Change an entry's lifetime; its position, and so its entity tag, stays.
public struct Touch: ~Escapable {
    public var key: Span<UInt8>
    public var change: TouchChange
    public var precondition: Precondition
    /// Whether the reply carries the value (get-and-touch).
    public var wantsValue: Bool

    @_lifetime(copy key, copy precondition)
    public init(key: Span<UInt8>, change: TouchChange, precondition: consuming Precondition, wantsValue: Bool) {
        self.key = key
        self.change = change
        self.precondition = precondition
        self.wantsValue = wantsValue
    }
}

/// Wait until an entry's position is none of `known`, or the entry is gone.
///
/// Completed at once (`changed` or a miss) when that is so already; else pending: the ticket is delivered when the key
/// changes, goes, expires or is evicted, and the caller asks again. Nothing is delivered for a cancelled ticket.
public struct Watch: ~Escapable {
    public var key: Span<UInt8>
    public var known: TagCondition
    /// Whether an entry past its freshness but inside `staleWhileRevalidate` is still there for the one who waits.
    public var acceptsStale: Bool

    @_lifetime(copy key, copy known)
    public init(key: Span<UInt8>, known: consuming TagCondition, acceptsStale: Bool = true) {
        self.key = key
        self.known = known
        self.acceptsStale = acceptsStale
    }
}

/// One page of keys.
public struct List: ~Escapable {
    public var prefix: Span<UInt8>
    /// Byte order by the ordered index; without one the reply is `notIndexed`. False: the table's own order.
    public var ordered: Bool
    /// Ordered only: the first key that may appear, and the first that may not (empty: no bound).
    public var start: Span<UInt8>
    public var end: Span<UInt8>
    /// Ordered only: keys with this byte string behind the prefix are folded into one row (empty: none).
    public var delimiter: Span<UInt8>
    /// Where to go on: nil at the start. In the table's order an opaque number that survives growth and writes.
    public var tableCursor: UInt64?
    /// Ordered only: go on behind this key or folded prefix (empty: from the start).
    public var after: Span<UInt8>
    /// The most rows wanted, 1…1,000; a table walk may return a few more to keep its cursor exact.
    public var limit: Int

    @_lifetime(copy prefix, copy start, copy end, copy delimiter, copy after)
    public init(
        prefix: Span<UInt8>, ordered: Bool, start: Span<UInt8>, end: Span<UInt8>, delimiter: Span<UInt8>,
        tableCursor: UInt64?, after: Span<UInt8>, limit: Int
    ) {
        self.prefix = prefix
        self.ordered = ordered
        self.start = start
        self.end = end
        self.delimiter = delimiter
        self.tableCursor = tableCursor
        self.after = after
        self.limit = limit
    }
}
