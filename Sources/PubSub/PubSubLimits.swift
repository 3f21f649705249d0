/// Every maximum of publish/subscribe, with its reason.
package struct PubSubLimits: Sendable {
    /// An event's payload, in bytes: an event is a message, not a file, and 1,000 subscribers share one copy.
    package static let payloadBytes = 64 << 10
    /// The name of an event, in bytes: it stands on a line of its own in every stream.
    package static let eventNameBytes = 256
    /// An event's key, in bytes: it is compared and held for each waiting event of a slow reader.
    package static let keyBytes = 1024
    /// What `dedup` may be, in bytes; only a digest of it is kept.
    package static let dedupBytes = 256
    /// A media type that travels with an event, in bytes.
    package static let typeBytes = 256
    /// Topics a stream names.
    package static let topicsPerStream = 256
    /// Patterns a stream names.
    package static let patternsPerStream = 64
    /// What a subscriber's queue may hold, in bytes.
    package static let subscriberBytes = 256 << 10
    /// Topics a gap names; where more lost something, it names the patterns and counts.
    package static let topicsPerGap = 32
    /// Members present in one topic: a list of them is one answer.
    package static let membersPerTopic = 10_000
    /// What a member says of itself, in bytes.
    package static let metaBytes = 4 << 10
    /// A member's name, in bytes.
    package static let memberBytes = 256
    /// How long an answer to `dedup` is kept, in milliseconds.
    package static let dedupKept: Int64 = 600_000

    /// Payloads and fields of all histories and last values together, in bytes. Over it the topic that is published to
    /// gives up its own oldest events.
    package var historyBytes = 256 << 20
    /// Events of undeclared topics that are remembered for readers who come back, in bytes for all topics together.
    package var recentBytes = 16 << 20
    /// The same for topics of the server's own, in bytes: a storm of sessions must not push out what clients said.
    package var ownRecentBytes = 8 << 20
    /// How long those are remembered, in milliseconds.
    package var recentAge: Int64 = 60_000
    /// Topics with a history of their own or a last value.
    package var declaredTopics = 65_536
    /// Topics without either that nobody listens to: what is kept of them is when something was last published.
    package var idleTopics = 32_768
    /// Answers kept for `dedup`: about a hundred bytes each.
    package var dedupAnswers = 1 << 20
    /// Members present in all topics together.
    package var members = 262_144

    package init() {}
}
