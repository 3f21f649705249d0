import Bytes
import CacheModel
import HTTP1
import JSON
import PubSub

/// What a reader of events asks for, as query or JSON, before it is known whether it may.
struct EventsWish {
    static let parameters = ParameterSet(
        .topic, .match, .since, .last, .where, .slow, .envelope, .heartbeat, .presence, .ticket, .poll, .wait)
    static let repeatable = ParameterSet(.topic, .match, .where)

    var subscription = SubscriptionRequest()
    var slow = EventStreamPlan.SlowPolicy.close
    var isBare = false
    var heartbeatIsEvent = false
    /// Milliseconds; nil for a stream.
    var wait: Int64?

    /// Nothing yet.
    init() {}

    init(_ parameters: borrowing Parameters, lastEventID: Span<UInt8>?) throws(Problem) {
        try readListeners(parameters)
        try readFilter(parameters)
        try readStart(parameters, lastEventID)
        if let slow = parameters[.slow] {
            guard slow.equals("close") || slow.equals("conflate") else { throw .bad(.slow, "close or conflate") }
            self.slow = slow.equals("conflate") ? .conflate : .close
        }
        if let envelope = parameters[.envelope] {
            guard envelope.equals("none") || envelope.equals("json") else { throw .bad(.envelope, "json or none") }
            isBare = envelope.equals("none")
        }
        if let heartbeat = parameters[.heartbeat] {
            guard heartbeat.equals("event") || heartbeat.equals("comment") else {
                throw .bad(.heartbeat, "event or comment")
            }
            heartbeatIsEvent = heartbeat.equals("event")
        }
        subscription.wantsPresence = try parameters.flag(.presence) ?? false
        try readPoll(parameters)
    }

    /// Topics and patterns, without their being needed.
    mutating func readListeners(_ parameters: borrowing Parameters) throws(Problem) {
        var topics: [TopicName] = []
        try parameters.forEach(.topic) { name throws(Problem) in
            guard name.count >= 1 && name.count <= Limits.keyBytes else { throw .bad(.topic, "1 to 4096 bytes") }
            guard topics.count < PubSubLimits.topicsPerStream else {
                throw .bad(.topic, "at most 256 topics; a pattern names many")
            }
            topics.append(TopicName(name))
        }
        var patterns: [Pattern] = []
        try parameters.forEach(.match) { text throws(Problem) in
            guard text.count <= Limits.keyBytes, let pattern = Pattern(text) else {
                throw .bad(.match, "levels split by /, * for one level, ** at the end for the rest; at most 32 levels")
            }
            guard patterns.count < PubSubLimits.patternsPerStream else { throw .bad(.match, "at most 64 patterns") }
            if !patterns.contains(pattern) { patterns.append(pattern) }
        }
        subscription.topics = topics
        subscription.patterns = patterns
    }

    private mutating func readFilter(_ parameters: borrowing Parameters) throws(Problem) {
        var filter = EventFilter()
        try parameters.forEach(.where) { text throws(Problem) in
            guard let colon = text.firstIndex(of: UInt8(ascii: ":")), colon + 1 < text.count else {
                throw .bad(.where, "event:NAME or key:KEY")
            }
            let value = text.extracting((colon + 1)..<text.count)
            let name = text.extracting(0..<colon)
            if name.equals("event") {
                guard filter.event == nil else { throw .bad(.where, "event is given twice") }
                filter.event = value.copied()
            } else if name.equals("key") {
                guard filter.key == nil else { throw .bad(.where, "key is given twice") }
                filter.key = value.copied()
            } else {
                throw .bad(.where, "event:NAME or key:KEY")
            }
        }
        subscription.filter = filter
    }

    /// A browser that comes back sends `Last-Event-ID` beside the query it came with first: the field is newer.
    private mutating func readStart(
        _ parameters: borrowing Parameters, _ lastEventID: Span<UInt8>?
    ) throws(Problem) {
        if let since = parameters[.since] { subscription.start = try Self.start(since) }
        if let last = try parameters.number(.last, in: 1...1000, "1 to 1000 events of each topic"),
            parameters[.since] == nil
        {
            subscription.start = .last(Int(last))
        }
        guard let lastEventID, !lastEventID.isEmpty else { return }
        if let cursor = Cursor(lastEventID) {
            subscription.start = .cursor(cursor)
        } else {
            subscription.start = .unknown
        }
    }

    /// A cursor or an instant.
    static func start(_ text: Span<UInt8>) throws(Problem) -> SubscriptionRequest.Start {
        if let cursor = Cursor(text) { return .cursor(cursor) }
        if let milliseconds = RFC3339.parse(text) { return .instant(milliseconds) }
        throw Problem(
            .badCursor, "since is an id that a stream gave, or an instant as in 2026-01-02T03:04:05Z",
            .parameter(.since))
    }

    private mutating func readPoll(_ parameters: borrowing Parameters) throws(Problem) {
        let isPoll = try parameters.flag(.poll) ?? false
        if let duration = try parameters.duration(.wait) {
            guard isPoll else { throw .bad(.wait, "goes with poll=true") }
            wait = min(duration.milliseconds, Limits.wait)
        } else if isPoll {
            wait = 0
        }
        if isPoll && isBare { throw .bad(.envelope, "none goes with a stream of events only") }
    }

    /// What is known only when a ticket has been redeemed.
    func check() throws(Problem) {
        if subscription.topics.isEmpty && subscription.patterns.isEmpty {
            throw .bad(.topic, "name a topic, or a pattern with match")
        }
        if isBare && (subscription.topics.count != 1 || !subscription.patterns.isEmpty) {
            throw .bad(.envelope, "none needs exactly one topic and no pattern")
        }
    }
}
