import Bytes
import CacheModel

/// Keeps what topics are to remember beyond the process: rows of bytes, each under a name of ``TopicRow``.
///
/// Only topics that somebody declared, or gave a last value, have rows, and so do answers to `dedup`; whatever is
/// published to others costs no store anything. Called with the hub locked: it must not call the hub.
package protocol TopicStore: Sendable {
    /// Writes a row, over the one of the same name.
    /// - Parameter end: when it goes by itself, `.never` for never.
    func put(_ name: Span<UInt8>, _ row: Span<UInt8>, until end: Instant, at now: Instant) -> KeepingAnswer
    /// The last change of a row: who is shown what it tells must wait until the log has it.
    var position: Position { get }
    /// Takes a row away; one that is not there is no matter.
    func remove(_ name: Span<UInt8>, at now: Instant)
}

/// Whether something that is to be kept was.
package enum KeepingAnswer: Sendable, Equatable {
    case kept
    /// Memory is full.
    case noRoom
    /// The disk is full.
    case diskFull
    /// The disk does not keep up.
    case stalled
    /// Nothing can be kept any more.
    case failed
}
