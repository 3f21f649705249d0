import Synchronization

/// A count that one thread raises and any thread reads.
///
/// Written by a plain load and store: with one writer nothing is lost, and a locked add would cost twenty times as
/// much. `relaxed` suffices because a count orders nothing else.
package struct Counter: ~Copyable {
    private let cell = Atomic<UInt64>(0)

    package init() {}

    package var value: UInt64 { cell.load(ordering: .relaxed) }

    package func add(_ amount: UInt64 = 1) {
        cell.store(cell.load(ordering: .relaxed) &+ amount, ordering: .relaxed)
    }

    package func subtract(_ amount: UInt64 = 1) {
        cell.store(cell.load(ordering: .relaxed) &- amount, ordering: .relaxed)
    }

    package func set(_ value: UInt64) { cell.store(value, ordering: .relaxed) }
}
