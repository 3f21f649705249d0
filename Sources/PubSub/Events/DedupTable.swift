import CacheModel

/// 128 bits of a digest over topic and `dedup`.
package struct DedupKey: Sendable, Hashable {
    package let high: UInt64
    package let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// The first answers to publications that may be sent again.
struct DedupTable {
    struct Answer {
        var number: UInt64
        var receivers: Int
    }

    private struct Entry {
        var key: DedupKey
        var until: Instant
    }

    private var answers: [DedupKey: Answer] = [:]
    /// In the order in which they end.
    private var order = Ring<Entry>()

    var count: Int { answers.count }

    func answer(to key: DedupKey) -> Answer? { answers[key] }

    mutating func insert(_ key: DedupKey, _ answer: Answer, until: Instant) {
        answers[key] = answer
        order.append(Entry(key: key, until: until))
    }

    /// Forgets what has ended; at most `budget` of it.
    mutating func forget(at now: Instant, budget: Int = .max) {
        var left = budget
        while left > 0, let first = order.first, first.until <= now {
            answers[first.key] = nil
            order.removeFirst()
            left -= 1
        }
    }
}
