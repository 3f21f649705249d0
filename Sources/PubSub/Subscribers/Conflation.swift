import Bytes

/// What a slow reader that asked for it is given later: of each topic and key the newest event, and how many it stands
/// for.
package struct Conflation: Sendable {
    package struct Held: Sendable {
        package let event: Event
        /// Events of the same topic and key that it replaces.
        package let skipped: Int
    }

    private struct Subject: Hashable {
        let topic: [UInt8]
        let key: [UInt8]
    }

    private var held: [Subject: Held] = [:]
    /// The weight of what is held.
    package private(set) var bytes = 0

    package init() {}

    package var isEmpty: Bool { held.isEmpty }
    package var count: Int { held.count }

    /// Holds an event back, instead of what was held for its topic and key. One of a member is never replaced by one of
    /// another kind: joining and leaving count by member.
    package mutating func hold(_ event: Event) {
        let subject = Subject(topic: event.topic.bytes, key: event.bytes.span.extracting(event.key).copied())
        let before = held.updateValue(Held(event: event, skipped: 0), forKey: subject)
        bytes += event.weight
        guard let before else { return }
        bytes -= before.event.weight
        held[subject] = Held(event: event, skipped: before.skipped + 1)
    }

    /// Takes everything, in the order of publication.
    package mutating func takeAll() -> [Held] {
        let all = held.values.sorted { $0.event.number < $1.event.number }
        held = [:]
        bytes = 0
        return all
    }
}
