/// How much a declared topic remembers: whatever is reached first.
package struct HistorySettings: Sendable, Equatable {
    /// Events, 0…1,000,000. With 0 the topic remembers nothing, not even for a moment.
    package var count = 1000
    /// Milliseconds.
    package var age: Int64 = 3_600_000
    /// Bytes of payloads and fields, with 192 for each event.
    package var bytes = 8 << 20

    package static let mostEvents = 1_000_000
    package static let mostBytes = 1 << 30

    package init() {}
}
