import Bytes
import CacheModel

/// One change of what topics remember, as it happened. A reader rebuilds the same histories and last values from these
/// with ``Hub/apply(_:)``, without a clock.
///
/// Only topics that somebody declared, or gave a last value, have effects; whatever is published to others costs no
/// log anything.
package enum TopicEffect: Sendable {
    /// The topic keeps a history of this size from now on.
    case declared(topic: [UInt8], HistorySettings)
    /// Neither declared nor with a last value any more; its history is gone.
    case removed(topic: [UInt8])
    /// An event that a history or a last value holds.
    case published(Event, isRetained: Bool)
    /// The answer to `dedup` is this until then.
    case answered(DedupKey, number: UInt64, receivers: Int, until: Instant)
}

/// Reads the changes of topics in the order of their numbers. Called with the hub locked: it copies what it keeps and
/// returns; it must not call the hub.
package protocol TopicLog: Sendable {
    func record(_ effect: TopicEffect)
}

/// Told that a loop has been given events. Called from any thread, with the hub locked: it only enqueues.
package protocol LoopWaker: Sendable {
    func wake(_ loop: Int)
}
