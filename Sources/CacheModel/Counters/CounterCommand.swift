import Bytes

/// When a counter's lifetime is set.
package enum CounterLifetimeMode: Sendable, Equatable {
    /// By the call that creates it.
    case create
    /// By every call.
    case extend
    case keep
}

/// Add to one counter. Slices lie in the bytes that come with the command.
package struct CounterAdd: Sendable {
    package var name: ByteSlice
    package var by: Int64 = 1
    /// What a counter that is created starts from; 0 where it is not given.
    package var initial: Int64?
    package var wish: CounterWish?
    /// In milliseconds.
    package var ttl: Int64?
    package var mode = CounterLifetimeMode.create
    /// Someone to be counted once in each window.
    package var unique: ByteSlice?
    /// Something to be counted by itself in each window, 1 to ``Limits/counterItemBytes`` bytes.
    package var item: ByteSlice?

    package init(name: ByteSlice) { self.name = name }
}

/// What is done with a counter's entry.
package enum CounterAction: Sendable {
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
package struct CounterCommand: ~Escapable {
    package var name: Span<UInt8>
    package var action: CounterAction
    package var precondition: Precondition
    package var zones: ZoneSet

    @_lifetime(copy name, copy precondition)
    package init(
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
package struct CounterAdds: ~Escapable {
    package var adds: Span<CounterAdd>
    package var bytes: Span<UInt8>
    /// Judged for the first add alone.
    package var precondition: Precondition
    package var zones: ZoneSet

    @_lifetime(copy adds, copy bytes, copy precondition)
    package init(
        adds: Span<CounterAdd>, bytes: Span<UInt8>, precondition: consuming Precondition, zones: ZoneSet
    ) {
        self.adds = adds
        self.bytes = bytes
        self.precondition = precondition
        self.zones = zones
    }
}

/// What became of one counter.
package struct CounterAnswer: Sendable, Equatable {
    /// `replaced`, `created`, or why not.
    package var outcome = Outcome.replaced
    package var value: Int64 = 0
    /// By how much the value changed.
    package var applied: Int64 = 0
    package var freshUntil = Instant.never

    package init() {}
}

/// One of the most frequent items. The true count lies in `count - error ... count`.
package struct CounterItem: Sendable, Equatable {
    /// In the reply's `bytes`.
    package var item: ByteSlice
    package var count: Int64
    package var error: Int64

    package init(item: ByteSlice, count: Int64, error: Int64) {
        self.item = item
        self.count = count
        self.error = error
    }
}

/// What a command about counters has to say beside outcome and entry.
package struct CounterReply: Sendable {
    /// One an add, in order.
    package var answers: [CounterAnswer] = []
    /// What a reset or a write found.
    package var value: Int64 = 0
    /// How many different ones there were.
    package var estimate: Int64 = 0
    /// The window that answered; nil for all time.
    package var window: CounterWindow?
    package var items: [CounterItem] = []

    package init() {}

    package mutating func reset() {
        if !answers.isEmpty { answers.removeAll(keepingCapacity: true) }
        if !items.isEmpty { items.removeAll() }
        value = 0
        estimate = 0
        window = nil
    }
}
