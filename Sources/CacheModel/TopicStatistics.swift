/// What publish/subscribe has counted, and what it holds now.
package struct TopicStatistics: Sendable {
    /// Streams.
    package var subscribers: UInt64 = 0
    package var published: UInt64 = 0
    /// Publications that were answered with what their `dedup` was answered first.
    package var repeated: UInt64 = 0
    package var gaps: UInt64 = 0
    package var topics: UInt64 = 0
    package var declaredTopics: UInt64 = 0
    /// Events that histories hold, and their weight.
    package var historyBytes: UInt64 = 0
    package var recentBytes: UInt64 = 0
    package var members: UInt64 = 0

    package init() {}
}
