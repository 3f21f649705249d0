/// What publish/subscribe has counted, and what it holds now.
public struct TopicStatistics: Sendable {
    /// Streams.
    public var subscribers: UInt64 = 0
    public var published: UInt64 = 0
    /// Publications that were answered with what their `dedup` was answered first.
    public var repeated: UInt64 = 0
    public var gaps: UInt64 = 0
    public var topics: UInt64 = 0
    public var declaredTopics: UInt64 = 0
    /// Events that histories hold, and their weight.
    public var historyBytes: UInt64 = 0
    public var recentBytes: UInt64 = 0
    public var members: UInt64 = 0

    public init() {}
}
