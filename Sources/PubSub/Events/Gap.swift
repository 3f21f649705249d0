/// What a reader will never get, told in the stream.
package struct Gap: Sendable, Equatable {
    package enum Reason: Sendable, Equatable {
        /// The history no longer holds what came after the reader's place.
        case historyTrimmed
        /// The place belongs to an order that ended, with events of it lost.
        case epochLost
        /// What the reader sent is no place.
        case unknownCursor
        /// The place lies behind the newest event: it was given by a server that knew more.
        case ahead

        package var name: StaticString {
            switch self {
            case .historyTrimmed: "history-trimmed"
            case .epochLost: "epoch-lost"
            case .unknownCursor: "unknown-cursor"
            case .ahead: "ahead"
            }
        }
    }

    package var reason: Reason
    /// The topics that lost something; patterns stand for what was forgotten altogether.
    package var topics: [[UInt8]]
    /// The reader's place; nil when it was none.
    package var from: Cursor?
    /// Everything of the topics up to here may be missing but what follows in the stream.
    package var to: Cursor
    /// How many events are missing; nil when that is not known.
    package var missed: Int?
    /// Where the stream goes on: what a reader that comes back now should say.
    package var place: Cursor
}
