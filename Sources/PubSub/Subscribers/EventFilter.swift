import Bytes

/// What a subscriber asks of the events of its topics.
package struct EventFilter: Sendable, Equatable {
    /// The events' name; nil for any.
    package var event: [UInt8]?
    /// The events' key; nil for any.
    package var key: [UInt8]?

    package init() {}

    package var isEmpty: Bool { event == nil && key == nil }

    /// Whether an event passes. Joining and leaving members pass: they are asked for by another name.
    func admits(_ event: Event) -> Bool {
        if isEmpty || event.kind != .message { return true }
        if let name = self.event, !event.bytes.span.extracting(event.name).equals(name.span) { return false }
        if let key, !event.bytes.span.extracting(event.key).equals(key.span) { return false }
        return true
    }
}
