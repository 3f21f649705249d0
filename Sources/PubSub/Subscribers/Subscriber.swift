import Bytes

/// What takes a subscriber's events on its loop.
package protocol EventReceiver: AnyObject {
    /// An event was handed to the loop; ``Subscriber/admits(_:)`` tells whether it is for this subscriber.
    func receive(_ event: Event)
}

/// One stream's part in the hub.
///
/// What it asks for never changes. What it has got (`place` and below) belongs to its loop's thread alone; the hub
/// looks at it only inside calls that come from that thread.
package final class Subscriber: @unchecked Sendable {
    package let loop: Int
    package let request: SubscriptionRequest
    /// Who takes the events; nil when the stream has ended. Of the loop's thread.
    package var receiver: (any EventReceiver)?
    /// The topics it named, in the hub's table. Of the hub.
    var topics: [Topic] = []

    /// The number of the last event handed on, and before the first the number from which on it listens.
    package private(set) var place: UInt64 = 0
    /// The events up to here were published before it joined.
    private(set) var joinedAt: UInt64 = 0
    /// While it takes what histories hold, that is all it takes; what they do not hold waits in here.
    package private(set) var isCatchingUp = false
    private(set) var waiting: [Event] = []
    /// The weight of `waiting`.
    package private(set) var waitingBytes = 0
    /// With ``SubscriptionRequest/Start/last(_:)``: the place of each topic, where the stream's is less.
    var floors: [ObjectIdentifier: UInt64] = [:]
    /// The declared topics that its patterns match, as of the hub's `declaredVersion`.
    var declared: [Topic] = []
    var declaredVersion: UInt64 = 0
    /// What undeclared topics lost up to here has been told.
    var toldThrough: UInt64 = 0

    package init(_ request: SubscriptionRequest, loop: Int) {
        self.request = request
        self.loop = loop
    }

    func names(_ topic: TopicName) -> Bool { topics.contains { $0.name === topic } }

    /// Whether the event is of a kind it asked for.
    func takes(_ event: Event) -> Bool {
        (event.kind == .message || request.wantsPresence) && request.filter.admits(event)
    }

    /// Whether a pattern of its own matches.
    func listens(to topic: TopicName) -> Bool { request.patterns.contains { $0.matches(topic) } }

    /// It does not take everything.
    var isChoosy: Bool { !request.filter.isEmpty }

    // MARK: Of the loop's thread

    func begin(at place: UInt64, joinedAt: UInt64, catchesUp: Bool) {
        self.place = place
        self.joinedAt = joinedAt
        isCatchingUp = catchesUp
    }

    /// Whether a live event is to be sent now; notes that it is. One that must wait is kept here.
    package func admits(_ event: Event) -> Bool {
        guard event.number > joinedAt, takes(event) else { return false }
        if isCatchingUp {
            if !event.isKept { wait(event) }
            return false
        }
        guard event.number > place else { return false }
        place = event.number
        return true
    }

    func wait(_ event: Event) {
        waiting.append(event)
        waitingBytes += event.weight
    }

    /// What waits from now on.
    func settle(with left: ArraySlice<Event>) {
        guard left.count < waiting.count else { return }
        waiting = Array(left)
        waitingBytes = waiting.reduce(0) { $0 + $1.weight }
    }

    /// What it has of a topic: its own place, or more where that was given up or is not wanted.
    func place(of topic: Topic) -> UInt64 { max(place, floors[ObjectIdentifier(topic)] ?? 0) }

    func caughtUp(to number: UInt64) {
        place = max(place, number)
        isCatchingUp = false
        floors = [:]
        declared = []
        declaredVersion = 0
    }

    func advance(to number: UInt64) { place = max(place, number) }
}
