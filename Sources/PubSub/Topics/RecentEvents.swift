import CacheModel

/// Events of topics that nobody declared, remembered together for a short while, in the order of their numbers.
///
/// There are two of these: what the server says in topics of its own does not shorten what clients' topics remember,
/// nor the other way round.
struct RecentEvents {
    struct Entry {
        let topic: Topic
        let event: Event
    }

    private(set) var entries = Ring<Entry>()
    /// The weight of all of them.
    private(set) var bytes = 0
    private let most: Int

    /// - Parameter most: bytes they may weigh together.
    init(most: Int) { self.most = most }

    var isOver: Bool { bytes > most }
    var count: Int { entries.count }
    var first: Entry? { entries.first }
    subscript(index: Int) -> Entry { entries[index] }

    mutating func append(_ topic: Topic, _ event: Event) {
        entries.append(Entry(topic: topic, event: event))
        bytes += event.weight
    }

    mutating func removeFirst() {
        bytes -= entries.removeFirst().event.weight
    }

    /// The place of the first event behind `number`.
    func place(after number: UInt64) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].event.number > number { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
