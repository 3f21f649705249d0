import API
import Bytes
import CacheModel
import HTTP1
import Observability
import Posix
import PubSub
import Reactor

/// A connection that is given events, for as long as it lasts, or until the answer to its poll.
///
/// ```
///  catching up ──► live ──► ending ──► the connection's `closing`
///      │             │
///      └── poll ─────┴──► answered, back to the connection's `head`
/// ```
/// What the kernel does not take waits in `queue`, at most 256 KiB. A reader that is slower than that loses its
/// connection, and resumes by its cursor; or, when it asked for it, is given the newest event of each topic and key
/// once it reads again.
final class EventStream: EventReceiver {
    /// What may lie unsent in the kernel.
    private static let unsentBytes = 64 << 10
    /// A reader that is behind is given pieces of so much.
    private static let pieceBytes = 64 << 10
    private static let lastChunk = SharedBytes.make([0x30, 0x0D, 0x0A, 0x0D, 0x0A].span)

    let plan: EventStreamPlan
    private let connection: HTTPConnection
    private let worker: LoopWorker
    private let minorVersion: Int
    private let keepsAlive: Bool
    @exclusivity(unchecked) private var subscriber: Subscriber
    @exclusivity(unchecked) private var queue = SharedQueue()
    @exclusivity(unchecked) private var conflation = Conflation()
    /// What a poll is answered with.
    @exclusivity(unchecked) private var gathered: [Event] = []
    @exclusivity(unchecked) private var gap: Gap?
    /// When the last bytes were handed to the kernel, and until when a poll waits (monotonic milliseconds).
    @exclusivity(unchecked) private var quietSince: Int64
    private let pollEnds: Int64
    /// It stands in the worker's list of those that have something to send.
    @exclusivity(unchecked) var isTouched = false
    @exclusivity(unchecked) private var isEnding = false

    init(_ plan: EventStreamPlan, on connection: HTTPConnection, minorVersion: Int, keepsAlive: Bool) {
        self.plan = plan
        self.connection = connection
        worker = connection.worker
        self.minorVersion = minorVersion
        self.keepsAlive = keepsAlive
        quietSince = worker.loop.now
        pollEnds = worker.loop.now + (plan.wait ?? 0)
        subscriber = Subscriber(plan.subscription, loop: worker.index)
    }

    private var isPoll: Bool { plan.wait != nil }

    /// Joins the hub, and writes the beginning of the stream behind the head.
    func begin(_ response: inout ResponseWriter) {
        subscriber.receiver = self
        gap = worker.hub.join(subscriber, at: worker.now)
        worker.metrics.subscribers.add()
        if isPoll { return }
        connection.socket.limitUnsent(to: Self.unsentBytes)
        append(EventWriter.opening(plan.form, at: gap?.place ?? place), to: &response)
        if let gap { append(EventWriter.encode(gap, plan.form), to: &response) }
        gap = nil
    }

    private func append(_ encoded: EncodedEvent, to response: inout ResponseWriter) {
        response.buffer.append(encoded.bytes.span.extracting(range(of: encoded)))
    }

    private func range(of encoded: EncodedEvent) -> Range<Int> {
        plan.isChunked ? 0..<encoded.bytes.count : encoded.unframed.range
    }

    /// What the reader should say when it comes back.
    private var place: Cursor {
        let number = subscriber.isCatchingUp ? subscriber.place : max(subscriber.place, worker.settled)
        return Cursor(epoch: worker.hub.epoch, number: number)
    }

    // MARK: Events

    func receive(_ event: Event) {
        guard subscriber.admits(event) else {
            if subscriber.waitingBytes > PubSubLimits.subscriberBytes { drop() }
            return
        }
        worker.metrics.delivered.add()
        if isPoll {
            gathered.append(event)
            return worker.touch(self)
        }
        if !conflation.isEmpty { return hold(event) }
        let encoded = worker.encoded(event, plan.form)
        let range = range(of: encoded)
        if !queue.isEmpty, queue.count + range.count > PubSubLimits.subscriberBytes, !makesRoom(range.count) {
            return plan.slow == .conflate ? hold(event) : drop()
        }
        queue.append(encoded.bytes, range)
        worker.touch(self)
    }

    /// The queue may be full only because its turn to be sent has not come.
    private func makesRoom(_ count: Int) -> Bool {
        if isTouched && connection.output.isEmpty { send() }
        return connection.isOpen && (queue.isEmpty || queue.count + count <= PubSubLimits.subscriberBytes)
    }

    private func hold(_ event: Event) {
        conflation.hold(event)
        worker.metrics.conflated.add()
        if conflation.bytes > PubSubLimits.subscriberBytes { drop() }
    }

    /// Too slow: the reader loses its connection, and nothing that its cursor cannot bring back.
    private func drop() {
        worker.metrics.dropped.add()
        connection.close(.slowReader)
    }

    // MARK: Sending

    /// Sends what is queued, and fetches what the reader is behind by, as far as the kernel takes it.
    func flush() {
        isTouched = false
        guard connection.isOpen, connection.output.isEmpty else { return }
        if isPoll { return answerPollWhenReady() }
        send()
        guard connection.isOpen else { return }
        connection.watch(connection.wantedInterest)
        // The deadline in the wheel is the next sign of life: it moves only where something is blocked.
        if !queue.isEmpty { connection.armDeadline() }
    }

    private func send() {
        while true {
            guard queue.isEmpty || drainQueue() else { return }
            if !conflation.isEmpty {
                for held in conflation.takeAll() {
                    let encoded = EventWriter.encodeAlone(held.event, plan.form, skipped: held.skipped)
                    queue.append(encoded.bytes, range(of: encoded))
                }
            } else if subscriber.isCatchingUp && !isEnding {
                guard fetch() else { return }
            } else {
                break
            }
        }
        if isEnding {
            connection.phase = .closing
            connection.settle()
        }
    }

    /// False when something is left, or the connection broke.
    private func drainQueue() -> Bool {
        let before = queue.count
        let progress = queue.flush(to: connection.socket)
        worker.metrics.bytesOut.add(UInt64(before - queue.count))
        switch progress {
        case .drained:
            quietSince = worker.loop.now
            connection.writeProgressAt = 0
            return true
        case .blocked(let sent):
            if sent > 0 || connection.writeProgressAt == 0 { connection.noteWriteProgress() }
            return false
        case .failed:
            connection.close(.failure)
            return false
        }
    }

    /// Queues the next piece of what was missed; false when there is nothing more for now.
    private func fetch() -> Bool {
        let replay = worker.hub.replay(
            subscriber, through: worker.settledNumber(), at: worker.now, bytes: Self.pieceBytes)
        if let gap = replay.gap {
            let encoded = EventWriter.encode(gap, plan.form)
            queue.append(encoded.bytes, range(of: encoded))
        }
        if !replay.events.isEmpty {
            let encoded = EventWriter.encode(replay.events, plan.form)
            queue.append(encoded.bytes, range(of: encoded))
            worker.metrics.delivered.add(UInt64(replay.events.count))
        }
        if !replay.isComplete && queue.isEmpty {
            // The rest is still on its way through the loop's inbox.
            worker.touch(self)
            return false
        }
        return true
    }

    // MARK: Polls

    private func answerPollWhenReady() {
        if subscriber.isCatchingUp && gathered.isEmpty {
            let replay = worker.hub.replay(
                subscriber, through: worker.settledNumber(), at: worker.now, bytes: Self.pieceBytes)
            gap = gap ?? replay.gap
            gathered = replay.events
            if !replay.isComplete && gathered.isEmpty && gap == nil { return worker.touch(self) }
        }
        if !gathered.isEmpty || gap != nil || worker.loop.now >= pollEnds { answerPoll() }
    }

    private func answerPoll() {
        let events = gathered
        let place = place
        end()
        answer(events, at: place, &worker.response)
        connection.pollAnswered(keepsAlive: worker.response.keepsAlive)
    }

    private func answer(_ events: [Event], at place: Cursor, _ response: inout ResponseWriter) {
        response.prepare(isHead: false, minorVersion: minorVersion, keepsAlive: keepsAlive && !worker.isDraining)
        if events.isEmpty && gap == nil {
            response.begin(204)
            writePollFields(at: place, &response)
            return response.finishWithoutBody()
        }
        var body = IOBuffer()
        body.append("{\"events\":[")
        if let gap { EventWriter.append(gap, .elements, into: &body) }
        for index in events.indices {
            if index > 0 || gap != nil { body.append(",") }
            EventWriter.append(events[index], .elements, skipped: 0, into: &body)
        }
        body.append("],\"cursor\":\"")
        place.append(to: &body)
        body.append("\"}\n")
        response.begin(200)
        response.fields("Content-Type: application/json\r\nX-Content-Type-Options: nosniff\r\n")
        writePollFields(at: place, &response)
        response.finish(length: body.count)
        response.body(body.readable)
    }

    private func writePollFields(at place: Cursor, _ response: inout ResponseWriter) {
        response.fields("Cache-Control: no-store\r\n")
        response.beginField("Nuthatch-Cursor")
        place.append(to: &response.buffer)
        response.endField()
    }

    // MARK: Time

    /// What the connection watches for.
    var interest: Interest { queue.isEmpty ? .peerClose : [.write, .peerClose] }

    var deadline: Int64 {
        if !queue.isEmpty { return max(connection.writeProgressAt, 1) + worker.timeouts.write }
        if isPoll { return pollEnds }
        return quietSince + EventStreamPlan.heartbeat
    }

    func deadlineReached() {
        if !queue.isEmpty && worker.loop.now >= deadline { return connection.expireWriting() }
        if isPoll {
            flush()
            return
        }
        if queue.isEmpty && worker.loop.now >= quietSince + EventStreamPlan.heartbeat {
            let encoded = EventWriter.heartbeat(plan.form, asEvent: plan.heartbeatIsEvent, at: place)
            queue.append(encoded.bytes, range(of: encoded))
            flush()
        }
        if connection.isOpen { connection.armDeadline() }
    }

    // MARK: End

    /// The reader's credential is no longer good.
    func expire() {
        guard !isPoll else { return connection.close(.refused) }
        finish(with: EventWriter.expired(plan.form, at: place))
    }

    /// The server is going down: readers come back to another.
    func drain() {
        if isPoll { return answerPoll() }
        finish(with: nil)
    }

    private func finish(with last: EncodedEvent?) {
        guard !isEnding else { return }
        let left = last
        end()
        isEnding = true
        if let left { queue.append(left.bytes, range(of: left)) }
        if plan.isChunked { queue.append(Self.lastChunk, 0..<Self.lastChunk.count) }
        flush()
    }

    /// Leaves the hub. Also called when the connection closes.
    func end() {
        guard subscriber.receiver != nil else { return }
        worker.hub.leave(subscriber)
        worker.metrics.subscribers.subtract()
    }

    /// Forgets what was not sent.
    func close() {
        end()
        queue.reset()
    }
}
