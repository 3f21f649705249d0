import Bytes
import CacheModel

/// What a publisher asks: an event before it has a place.
package struct Publication: ~Escapable {
    package var topic: Span<UInt8>
    package var payload: Span<UInt8>
    /// The name of the event, empty for none.
    package var event: Span<UInt8>
    /// What the event is about, empty for nothing in particular.
    package var key: Span<UInt8>
    /// The media type of the payload.
    package var type: Span<UInt8>
    /// A digest of topic and `dedup`; nil where none was sent.
    package var dedup: DedupKey?
    /// Milliseconds until the event is no longer worth giving to those who come later; 0 for no end.
    package var timeToLive: Int64 = 0
    /// Whether the topic's last value is this from now on.
    package var isRetained = false

    @_lifetime(copy topic, copy payload, copy event, copy key, copy type)
    package init(
        topic: Span<UInt8>, payload: Span<UInt8>, event: Span<UInt8> = Span(), key: Span<UInt8> = Span(),
        type: Span<UInt8> = Span()
    ) {
        self.topic = topic
        self.payload = payload
        self.event = event
        self.key = key
        self.type = type
    }
}

/// What became of a publication.
package enum Published: Sendable, Equatable {
    /// It has a place, and so many streams of this node are given it. `isRepeated` says that this is the first answer
    /// to the same `dedup`.
    case done(Cursor, receivers: Int, isRepeated: Bool)
    /// No room is left for another last value or another remembered `dedup`; nothing was done.
    case full
    /// The topic is to be kept and cannot be; nothing was done.
    case refused(KeepingAnswer)
}
