import API
import CacheModel
import PubSub
import Reactor

/// Events on their way from the hub to the streams of one loop.
///
/// All that has come is put into the streams' queues first, then each stream is sent what it has in as few calls as
/// possible: a burst of events costs a reader one call, not one an event. Both halves are done in slices, so that an
/// event for ten thousand readers leaves time for everybody else between.
struct FanOut {
    /// Events put into queues in one turn, at most: some 100 ns each.
    static let queuedPerTurn = 16_384
    /// Streams sent to in one turn: some microseconds each.
    static let sentPerTurn = 512

    /// Taken from the hub and not put into queues yet.
    var deliveries: ArraySlice<Delivery> = []
    /// The number up to which `deliveries` is complete.
    var head: UInt64 = 0
    /// Streams that have something to send.
    var touched: [EventStream] = []
    /// How many of them have been sent to.
    var sent = 0
    /// Everything up to here has been put into the queues.
    var settled: UInt64 = 0
    /// The event at hand, and its forms as far as they were needed.
    var event: Event?
    var forms: InlineArray<4, EncodedEvent?> = .init(repeating: nil)
    /// The loop has told itself to go on.
    var isScheduled = false
}

extension LoopWorker {
    var settled: UInt64 { fanOut.settled }

    /// Notes that a stream has something to send, or to fetch.
    func touch(_ stream: EventStream) {
        guard !stream.isTouched else { return }
        stream.isTouched = true
        fanOut.touched.append(stream)
        scheduleFanOut()
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

    /// Does a slice of what there is to hand out.
    func handOutEvents() {
        // What is touched from here on is sent from here.
        fanOut.isScheduled = true
        var queued = 0
        if fanOut.deliveries.isEmpty { takeDeliveries() }
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
        sendTouched()
        fanOut.isScheduled = false
        if !fanOut.deliveries.isEmpty || !fanOut.touched.isEmpty { scheduleFanOut() }
    }

    private func takeDeliveries() {
        let (deliveries, head) = hub.take(index)
        fanOut.deliveries = deliveries[...]
        fanOut.head = head
        if deliveries.isEmpty { fanOut.settled = max(fanOut.settled, head) } else { scheduleFanOut() }
    }

    private func sendTouched() {
        let end = min(fanOut.touched.count, fanOut.sent + FanOut.sentPerTurn)
        while fanOut.sent < end {
            let stream = fanOut.touched[fanOut.sent]
            fanOut.sent += 1
            stream.flush()
        }
        if fanOut.sent == fanOut.touched.count {
            fanOut.touched.removeAll(keepingCapacity: fanOut.touched.count <= 1024)
        } else {
            fanOut.touched.removeFirst(fanOut.sent)
        }
        fanOut.sent = 0
    }

    /// Brings the loop back here in its next turn, behind what has arrived meanwhile.
    private func scheduleFanOut() {
        guard !fanOut.isScheduled else { return }
        fanOut.isScheduled = true
        loop.mailbox.deliver(ControlWord.events)
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
