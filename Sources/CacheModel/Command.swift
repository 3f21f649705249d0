import Bytes

/// Every operation the cache knows, as data. Keys and bodies are spans of the request: nothing is copied to ask.
package enum Command: ~Escapable {
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
package struct Read: ~Escapable {
    package var key: Span<UInt8>
    /// Whether this read slides an idle lifetime.
    package var slides: Bool
    /// Whether an entry past its freshness but inside `staleWhileRevalidate` is a hit.
    package var acceptsStale: Bool
    /// Whether the value's bytes are wanted, or only what is known about them (HEAD, listings).
    package var wantsValue: Bool

    @_lifetime(copy key)
    package init(key: Span<UInt8>, slides: Bool = true, acceptsStale: Bool = true, wantsValue: Bool = true) {
        self.key = key
        self.slides = slides
        self.acceptsStale = acceptsStale
        self.wantsValue = wantsValue
    }
}

/// Store a value whole: creates or replaces.
package struct Put: ~Escapable {
    package var key: Span<UInt8>
    package var value: Span<UInt8>
    /// The stored fields in the form of ``StoredFields``; replaces what was there.
    package var fields: Span<UInt8>
    package var lifetime: LifetimeChange
    package var version: CallerVersion?
    package var precondition: Precondition
    /// Whether the reply carries the entry that was replaced (get-and-set).
    package var wantsPrevious: Bool

    @_lifetime(copy key, copy value, copy fields, copy precondition)
    package init(
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
package struct Delete: ~Escapable {
    package var key: Span<UInt8>
    package var version: CallerVersion?
    package var precondition: Precondition
    /// Whether the reply carries the removed entry (get-and-delete).
    package var wantsPrevious: Bool

    @_lifetime(copy key, copy precondition)
    package init(
        key: Span<UInt8>, version: CallerVersion?, precondition: consuming Precondition, wantsPrevious: Bool
    ) {
        self.key = key
        self.version = version
        self.precondition = precondition
        self.wantsPrevious = wantsPrevious
    }
}

package enum ExtendEnd: Sendable { case front, back }

/// Add bytes to a value at one end; creates the entry when there is none. Lifetime, fields and version stay.
package struct Extend: ~Escapable {
    package var key: Span<UInt8>
    package var bytes: Span<UInt8>
    package var end: ExtendEnd
    /// The longest the value may become; longer is `outOfBounds`.
    package var maximumLength: Int
    /// Stored fields for an entry that is created.
    package var fields: Span<UInt8>
    package var precondition: Precondition

    @_lifetime(copy key, copy bytes, copy fields, copy precondition)
    package init(
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
package struct Truncate: ~Escapable {
    package var key: Span<UInt8>
    package var length: Int
    package var precondition: Precondition

    @_lifetime(copy key, copy precondition)
    package init(key: Span<UInt8>, length: Int, precondition: consuming Precondition) {
        self.key = key
        self.length = length
        self.precondition = precondition
    }
}

package enum TouchChange: Sendable, Equatable {
    /// A new lifetime. The stale windows given are ignored: an entry keeps its own.
    case lifetime(Lifetime)
    /// Slide the idle lifetime as a read would; nothing for an entry without one.
    case slide
    /// End freshness now; the stale windows count from here.
    case stale
}

/// Change an entry's lifetime; its position, and so its entity tag, stays.
package struct Touch: ~Escapable {
    package var key: Span<UInt8>
    package var change: TouchChange
    package var precondition: Precondition
    /// Whether the reply carries the value (get-and-touch).
    package var wantsValue: Bool

    @_lifetime(copy key, copy precondition)
    package init(key: Span<UInt8>, change: TouchChange, precondition: consuming Precondition, wantsValue: Bool) {
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
package struct Watch: ~Escapable {
    package var key: Span<UInt8>
    package var known: TagCondition
    /// Whether an entry past its freshness but inside `staleWhileRevalidate` is still there for the one who waits.
    package var acceptsStale: Bool

    @_lifetime(copy key, copy known)
    package init(key: Span<UInt8>, known: consuming TagCondition, acceptsStale: Bool = true) {
        self.key = key
        self.known = known
        self.acceptsStale = acceptsStale
    }
}

/// One page of keys.
package struct List: ~Escapable {
    package var prefix: Span<UInt8>
    /// Byte order by the ordered index; without one the reply is `notIndexed`. False: the table's own order.
    package var ordered: Bool
    /// Ordered only: the first key that may appear, and the first that may not (empty: no bound).
    package var start: Span<UInt8>
    package var end: Span<UInt8>
    /// Ordered only: keys with this byte string behind the prefix are folded into one row (empty: none).
    package var delimiter: Span<UInt8>
    /// Where to go on: nil at the start. In the table's order an opaque number that survives growth and writes.
    package var tableCursor: UInt64?
    /// Ordered only: go on behind this key or folded prefix (empty: from the start).
    package var after: Span<UInt8>
    /// The most rows wanted, 1…1,000; a table walk may return a few more to keep its cursor exact.
    package var limit: Int

    @_lifetime(copy prefix, copy start, copy end, copy delimiter, copy after)
    package init(
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
