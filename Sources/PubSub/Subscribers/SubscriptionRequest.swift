/// What a stream asks for.
package struct SubscriptionRequest: Sendable {
    /// Where it begins.
    package enum Start: Sendable, Equatable {
        /// With what is published from now on.
        case now
        case cursor(Cursor)
        /// The client sent something that is no place.
        case unknown
        /// At an instant: what histories hold since then (milliseconds since 1970).
        case instant(Int64)
        /// With so many of the newest events of each topic, and its last value.
        case last(Int)
    }

    package var topics: [TopicName] = []
    package var patterns: [Pattern] = []
    package var filter = EventFilter()
    package var start = Start.now
    package var wantsPresence = false

    package init() {}

    /// Whether a topic of the server's own, which begins with `$`, is named or matched.
    var namesOwnTopics: Bool {
        let mark = UInt8(ascii: "$")
        return topics.contains { $0.bytes.first == mark } || patterns.contains { $0.text.first == mark }
    }
}
