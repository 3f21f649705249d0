import Synchronization

/// A count that one thread raises and any thread reads.
///
/// Written by a plain load and store: with one writer nothing is lost, and a locked add would cost twenty times as
/// much. `relaxed` suffices because a count orders nothing else.
public struct Counter: ~Copyable, Sendable {
    private let cell = Atomic<UInt64>(0)

    public init() {}

    public var value: UInt64 { cell.load(ordering: .relaxed) }

    public func add(_ amount: UInt64 = 1) {
        cell.store(cell.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    public func subtract(_ amount: UInt64 = 1) {
        cell.store(cell.load(ordering: .relaxed) &- amount, ordering: .relaxed)
    }

    public func set(_ value: UInt64) { cell.store(value, ordering: .relaxed) }
}
