import Crypto
import PubSub

/// What a stream was opened for: what the connection needs to carry it on by itself.
package struct EventStreamPlan: Sendable {
    package enum SlowPolicy: Sendable { case close, conflate }

    package var subscription: SubscriptionRequest
    package var form: EventForm
    package var slow: SlowPolicy
    package var heartbeatIsEvent: Bool
    /// For how long a poll waits, in milliseconds; nil for an endless stream.
    package var wait: Int64?
    /// Events are framed as chunks; else the answer lasts as long as the connection.
    package var isChunked: Bool
    /// Who may go on listening; see ``APIWorker/mayStillRead(_:)``.
    package var credential: Credential

    /// Milliseconds of silence after which a sign of life is sent.
    package static let heartbeat: Int64 = 15_000
    /// Events in the answer to a poll.
    package static let pollEvents = 1000
}

/// What a stream was let in by: the digest of a token, or that no token was configured.
package struct Credential: Sendable, Equatable {
    let digest: Digest?
}
