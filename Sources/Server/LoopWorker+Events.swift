import API
import CacheModel
import PubSub
import Reactor

/// Events on their way from the hub to the streams of one loop.
///
/// All that has come is put into the streams' queues first, then each stream is sent what it has in as few calls as
/// possible: a burst of events costs a reader one call, not one an event. Both halves are done in slices, one a turn,
/// so that an event for ten thousand readers leaves time for everybody else between; and what is published between
/// two slices joins what the streams behind still have to be sent.
struct FanOut {
    /// Events put into queues in one turn, at most: some 100 ns each.
    static let queuedPerTurn = 16_384
    /// Streams sent to in one turn: some microseconds each. A turn costs about one of them, so short slices cost
    /// little, and the sooner the next event is read the more readers get it in one call with the last.
    static let sentPerTurn = 32
    /// Streams that have been sent to are forgotten when they are so many, and half of the list.
    private static let forgottenAt = 1024

    /// The hub may have deliveries for this loop.
    var hasNews = false
    /// Taken from the hub and not put into queues yet.
    var deliveries: ArraySlice<Delivery> = []
    /// The number up to which `deliveries` is complete.
    var head: UInt64 = 0
    /// Everything up to here has been put into the queues.
    var settled: UInt64 = 0
    /// The event at hand, and its forms as far as they were needed.
    var event: Event?
    var forms: InlineArray<4, EncodedEvent?> = .init(repeating: nil)
    /// Streams that have something to send, and how many of them have been sent to.
    private var touched: [EventStream] = []
    private var sent = 0

    var hasTouched: Bool { sent < touched.count }

    mutating func touch(_ stream: EventStream) { touched.append(stream) }

    /// The next stream that has something to send.
    mutating func nextTouched() -> EventStream? {
        guard hasTouched else { return nil }
        let stream = touched[sent]
        sent += 1
        if sent == touched.count {
            touched.removeAll(keepingCapacity: sent <= Self.forgottenAt)
            sent = 0
        } else if sent >= Self.forgottenAt && sent * 2 >= touched.count {
            touched.removeFirst(sent)
            sent = 0
        }
        return stream
    }
}

extension LoopWorker {
    var settled: UInt64 { fanOut.settled }

    /// Notes that a stream has something to send, or to fetch.
    func touch(_ stream: EventStream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        fanOut.touch(stream)
        loop.comeBack()
    }

    /// The number up to which everything has been put into the queues, brought up to date.
    func settledNumber() -> UInt64 {
        if fanOut.deliveries.isEmpty { takeDeliveries() }
        return fanOut.settled
    }

    /// The event at hand in a form: looked up once a loop, not once a reader.
    func encoded(_ event: Event, _ form: EventForm) -> EncodedEvent {
        if fanOut.event !== event {
            fanOut.event = event
            fanOut.forms = .init(repeating: nil)
        }
        if let there = fanOut.forms[form.rawValue] { return there }
        let made = EventWriter.encode(event, form)
        fanOut.forms[form.rawValue] = made
        return made
    }

    /// Does a slice of what there is to hand out; at the end of every turn.
    func handOutEvents() {
        if fanOut.hasNews { takeDeliveries() }
        if !fanOut.deliveries.isEmpty { queueEvents() }
        for _ in 0..<FanOut.sentPerTurn {
            guard let stream = fanOut.nextTouched() else { break }
            stream.flush()
        }
        if fanOut.hasTouched || fanOut.hasNews || !fanOut.deliveries.isEmpty { loop.comeBack() }
    }

    /// Takes what the hub has, unless something it gave before is left.
    private func takeDeliveries() {
        guard fanOut.deliveries.isEmpty else { return }
        fanOut.hasNews = false
        let (deliveries, head) = hub.take(index)
        fanOut.deliveries = deliveries[...]
        fanOut.head = head
        if deliveries.isEmpty { fanOut.settled = max(fanOut.settled, head) } else { loop.comeBack() }
    }

    private func queueEvents() {
        var queued = 0
        while queued < FanOut.queuedPerTurn, let delivery = fanOut.deliveries.popFirst() {
            for subscriber in delivery.exact { subscriber.receiver?.receive(delivery.event) }
            for subscriber in delivery.matched { subscriber.receiver?.receive(delivery.event) }
            delivery.event.handedOut()
            queued += delivery.exact.count + delivery.matched.count + 1
            fanOut.settled = delivery.event.number
        }
        fanOut.event = nil
        fanOut.forms = .init(repeating: nil)
        if fanOut.deliveries.isEmpty { fanOut.settled = max(fanOut.settled, fanOut.head) }
    }

    /// Tokens have changed: ends the streams whose readers would not be let in any more.
    func recheckStreams() {
        guard hub.statistics().subscribers > 0 else { return }
        for handler in loop.handlers {
            guard let stream = (handler as? HTTPConnection)?.stream else { continue }
            if !api.mayStillRead(stream.plan.credential) { stream.expire() }
        }
    }
}
