import Bytes
import PubSub

/// How a stream's events are written.
package enum EventForm: Int, Sendable {
    /// Server-sent events whose data is a JSON object.
    case events
    /// Server-sent events whose data is the payload alone.
    case bare
    /// A JSON object a line.
    case lines
    /// Elements of a JSON array, for one answer.
    case elements
}
