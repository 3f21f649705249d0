/// A queue over a circular array: appended to at one end, taken from at the other, both without moving anything.
/// - Complexity: appending is amortised O(1); it shrinks when three quarters are empty.
struct Ring<Element: Sendable>: Sendable {
    private var slots: [Element?] = []
    private var start = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// The element so many places behind the first; traps outside.
    subscript(index: Int) -> Element {
        precondition(index >= 0 && index < count, "outside the ring")
        return slots[place(index)]!
    }

    var first: Element? { count == 0 ? nil : self[0] }
    var last: Element? { count == 0 ? nil : self[count - 1] }

    mutating func append(_ element: Element) {
        if count == slots.count { resize(to: Swift.max(4, slots.count * 2)) }
        slots[place(count)] = element
        count += 1
    }

    @discardableResult
    mutating func removeFirst() -> Element {
        precondition(count > 0, "the ring is empty")
        let element = slots[start]!
        slots[start] = nil
        start = start + 1 == slots.count ? 0 : start + 1
        count -= 1
        if count == 0 {
            slots = []
            start = 0
        } else if slots.count > 16 && count * 4 < slots.count {
            resize(to: slots.count / 2)
        }
        return element
    }

    mutating func removeAll() { self = Ring() }

    private func place(_ index: Int) -> Int {
        let place = start + index
        return place < slots.count ? place : place - slots.count
    }

    private mutating func resize(to capacity: Int) {
        var moved: [Element?] = []
        moved.reserveCapacity(capacity)
        for index in 0..<count { moved.append(slots[place(index)]) }
        for _ in count..<capacity { moved.append(nil) }
        slots = moved
        start = 0
    }
}
