import Bytes

/// When a counter's lifetime is set.
public enum CounterLifetimeMode: Sendable, Equatable {
    /// By the call that creates it.
    case create
    /// By every call.
    case extend
    case keep
}

/// Add to one counter. Slices lie in the bytes that come with the command.
public struct CounterAdd: Sendable {
    public var name: ByteSlice
    public var by: Int64 = 1
    /// What a counter that is created starts from; 0 where it is not given.
    public var initial: Int64?
    public var wish: CounterWish?
    /// In milliseconds.
    public var ttl: Int64?
    public var mode = CounterLifetimeMode.create
    /// Someone to be counted once in each window.
    public var unique: ByteSlice?
    /// Something to be counted by itself in each window, 1 to ``Limits/counterItemBytes`` bytes.
    public var item: ByteSlice?

    public init(name: ByteSlice) { self.name = name }
}

/// What is done with a counter's entry.
public enum CounterAction: Sendable {
    /// The whole of it: reply's `value` is the state as ``CounterState`` reads it.
    case read
    /// Give it this value; creates it.
    case set(Int64)
    /// Back to 0, or the bound nearest to it; the answer's `previous` says what it was.
    case reset
    case delete
    /// Give it these settings; creates it.
    case configure(CounterSettings)
    /// How many different ones were seen, over so many milliseconds or, for nil, all time.
    case uniques(Int64?)
    /// The `most` most frequent items, rows of the reply.
    case top(Int64?, most: Int)
}

/// One counter.
public struct CounterCommand: ~Escapable {
    public var name: Span<UInt8>
    public var action: CounterAction
    public var precondition: Precondition
    public var zones: ZoneSet

    @_lifetime(copy name, copy precondition)
    public init(
        name: Span<UInt8>, action: CounterAction, precondition: consuming Precondition, zones: ZoneSet
    ) {
        self.name = name
        self.action = action
        self.precondition = precondition
        self.zones = zones
    }
}

/// Adds to one counter, or to several, each named once, all or none. One answer an add stands in the reply's
/// `counters`; where one was refused the outcome is `groupFailed`.
public struct CounterAdds: ~Escapable {
    public var adds: Span<CounterAdd>
    public var bytes: Span<UInt8>
    /// Judged for the first add alone.
    public var precondition: Precondition
    public var zones: ZoneSet

    @_lifetime(copy adds, copy bytes, copy precondition)
    public init(
        adds: Span<CounterAdd>, bytes: Span<UInt8>, precondition: consuming Precondition, zones: ZoneSet
    ) {
        self.adds = adds
        self.bytes = bytes
        self.precondition = precondition
        self.zones = zones
    }
}

/// What became of one counter.
public struct CounterAnswer: Sendable, Equatable {
    /// `replaced`, `created`, or why not.
    public var outcome = Outcome.replaced
    public var value: Int64 = 0
    /// By how much the value changed.
    public var applied: Int64 = 0
    public var freshUntil = Instant.never

    public init() {}
}

/// One of the most frequent items. The true count lies in `count - error ... count`.
public struct CounterItem: Sendable, Equatable {
    /// In the reply's `bytes`.
    public var item: ByteSlice
    public var count: Int64
    public var error: Int64

    public init(item: ByteSlice, count: Int64, error: Int64) {
        self.item = item
        self.count = count
        self.error = error
    }
}

/// What a command about counters has to say beside outcome and entry.
public struct CounterReply: Sendable {
    /// One an add, in order.
    public var answers: [CounterAnswer] = []
    /// What a reset or a write found.
    public var value: Int64 = 0
    /// How many different ones there were.
    public var estimate: Int64 = 0
    /// The window that answered; nil for all time.
    public var window: CounterWindow?
    public var items: [CounterItem] = []

    public init() {}

    public mutating func reset() {
        if !answers.isEmpty { answers.removeAll(keepingCapacity: true) }
        if !items.isEmpty { items.removeAll() }
        value = 0
        estimate = 0
        window = nil
    }
}
