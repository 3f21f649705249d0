import Bytes

/// All topics by name.
struct TopicTable {
    private var chains: [UInt64: Topic] = [:]
    private(set) var count = 0

    /// The topic of this name; `hash` is its ``TopicName/hash``.
    func find(_ name: Span<UInt8>, _ hash: UInt64) -> Topic? {
        var topic = chains[hash]
        while let candidate = topic {
            if candidate.name.isSpelt(name) { return candidate }
            topic = candidate.sibling
        }
        return nil
    }

    func find(_ name: TopicName) -> Topic? {
        let bytes = name.bytes
        return find(bytes.span, name.hash)
    }

    /// Adds a topic that is not there.
    mutating func insert(_ topic: Topic) {
        topic.sibling = chains[topic.name.hash]
        chains[topic.name.hash] = topic
        count += 1
    }

    mutating func remove(_ topic: Topic) {
        let rest = topic.sibling
        var current = chains[topic.name.hash]
        if current === topic {
            chains[topic.name.hash] = rest
        } else {
            while let candidate = current, candidate.sibling !== topic { current = candidate.sibling }
            current?.sibling = rest
        }
        topic.sibling = nil
        count -= 1
    }

    func forEach(_ body: (Topic) -> Void) {
        for first in chains.values {
            var topic: Topic? = first
            while let candidate = topic {
                body(candidate)
                topic = candidate.sibling
            }
        }
    }
}
