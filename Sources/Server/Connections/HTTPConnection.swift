import API
import Bytes
import CacheModel
import HTTP1
import Observability
import Posix
import Reactor

/// One client connection: bytes in, requests to the API, answers out.
///
/// ```
///            ┌────────────── next request ──────────────┐
///            ▼                                          │
///  head ─► body / chunked ─► API ─► answered ─► output ─┤
///                             │                         ├─► closing ─► draining ─► gone
///                             ├─► parked ── ticket or deadline ─► API again
///                             ├─► streaming ── output drained ──► API again
///                             └─► events: an `EventStream` goes on by itself
/// ```
/// A request that waits is parked as its own bytes: they stay at the front of `input`, and when its time comes they are
/// parsed and handled again. So waiting needs no closure and no copy, and a reader of this file sees every state a
/// connection can be in.
///
/// Nothing is read while an answer is blocked, parked or streaming: back-pressure is the kernel's receive window.
///
/// `@exclusivity(unchecked)`, here and on what the loop's thread alone touches: the run-time check against overlapping
/// access cost a fifth of a request's instructions. What is lent (`input`, the loop's buffers) is lent to one call at a
/// time, and `close` touches none of it.
final class HTTPConnection: EventHandler {
    enum Phase {
        case head(HeadScanner)
        /// A body of known length is arriving: `total` bytes from the head's first.
        case body(head: Int, total: Int)
        case chunked(head: Int, ChunkDecoder)
        /// Waiting for a ticket, or to be let in; `wait` is the generation of its ticket.
        case parked(RequestExtent, wait: UInt32)
        case streaming(RequestExtent, cursor: Int)
        /// Being given events: `stream` says how it goes on.
        case events
        /// The last answer is on its way out.
        case closing
        /// Sent and shut down; what still comes is thrown away so that no RST destroys the answer (RFC 9112 §9.6).
        case draining(discarded: Int, until: Int64)
    }

    /// Where a whole request lies at the front of the input.
    struct RequestExtent {
        var head: Int
        var total: Int
    }

    let socket: StreamSocket
    /// Strong: a weak or unowned reference would turn every retain of the worker into its slow form. The cycle through
    /// the loop's slots ends when the connection is deregistered.
    let worker: LoopWorker
    let network: PeerAddress
    @exclusivity(unchecked) var registration: Registration?
    @exclusivity(unchecked) var phase = Phase.head(HeadScanner())
    /// What was read and not consumed yet. Empty, and without storage, between requests.
    @exclusivity(unchecked) var input = IOBuffer()
    @exclusivity(unchecked) var output = OutputQueue()
    /// What `output` waits for before it may leave.
    @exclusivity(unchecked) var hold = Hold()
    @exclusivity(unchecked) var stream: EventStream?
    @exclusivity(unchecked) var interest: Interest = .read
    /// When the request being read began (monotonic milliseconds), 0 between requests.
    @exclusivity(unchecked) var requestStartedAt: Int64 = 0
    @exclusivity(unchecked) var hasReceivedAnything = false
    @exclusivity(unchecked) var peerHasClosed = false
    /// Whole requests may stand in `input`, but they have held the loop long enough.
    @exclusivity(unchecked) var hasYielded = false
    /// All that the peer sent was read.
    @exclusivity(unchecked) var hasReadToEnd = false
    /// When the wait of a parked request ends (monotonic milliseconds).
    @exclusivity(unchecked) var parkedUntil: Int64 = 0
    /// When the reader last took something of a blocked answer.
    @exclusivity(unchecked) var writeProgressAt: Int64 = 0
    /// What of it the kernel held then and the reader had not acknowledged, in bytes.
    @exclusivity(unchecked) var unacknowledged = 0
    /// Why an orderly end came.
    @exclusivity(unchecked) var endReason: CloseReason = .client
    /// When the pace of the body being read is judged next (monotonic milliseconds).
    @exclusivity(unchecked) var paceCheckAt: Int64 = 0

    /// The client's address as text, for the access log; empty without one.
    let peer: String

    init(_ socket: consuming StreamSocket, network: PeerAddress, peer: String, worker: LoopWorker) {
        self.socket = socket
        self.peer = peer
        self.network = network
        self.worker = worker
    }

    /// What was read and not answered may be secret.
    deinit { input.isSecret = true }

    /// Starts watching; false when the loop cannot.
    func start() -> Bool {
        guard let made = try? worker.loop.register(self, socket.descriptor.raw, .read) else { return false }
        registration = made
        armDeadline()
        return true
    }

    // MARK: Events

    func ready(_ event: ReadyEvent) {
        if event.isHangup && !event.isReadable { return close(.failure) }
        hasYielded = false
        // Nothing is read or written while answers are held; what was said now is said again afterwards.
        if hold.isActive { return watch([]) }
        if event.isWritable {
            guard flushOutput() else { return }
        }
        if event.isReadable || event.isPeerClosed { receive() }
        settle()
    }

    func deadlineReached() {
        switch phase {
        case .parked(let extent, _) where output.isEmpty:
            resume(extent, .deadline)
            settle()
        case .draining: close(endReason)
        case .events where output.isEmpty: stream?.deadlineReached()
        default: expire()
        }
    }

    /// Whether a request is parked here whose ticket is `wait`.
    func isParked(wait: UInt32) -> Bool {
        if case .parked(_, wait) = phase { isOpen } else { false }
    }

    /// The ticket of a parked request came, or its change may be made: `wait` tells whether it is this one's.
    func awaken(wait: UInt32, _ resumption: Resumption = .awakened) -> Bool {
        guard isOpen, case .parked(let extent, let current) = phase, current == wait else { return false }
        resume(extent, resumption)
        settle()
        return true
    }

    /// The server is going down: ends what waits, and closes behind the request at hand or at once when there is none.
    func drain() {
        switch phase {
        case .head(let scanner) where scanner.isIdle && output.isEmpty: close(.draining)
        case .parked(let extent, _):
            resume(extent, .deadline)
            settle()
        case .events: stream?.drain()
        default: break
        }
    }

    // MARK: Settling

    /// Brings interest, deadline and phase in line with what has happened: the end of every event.
    func settle() {
        guard isOpen else { return }
        if output.isEmpty {
            switch phase {
            case .streaming(let extent, let cursor):
                // One piece a turn, so that a fast reader of a large answer leaves time for the others.
                if interest == .write { resume(extent, .drained(cursor: cursor)) }
                guard isOpen else { return }
            case .head where !input.isEmpty && !hasYielded: goOn()
            case .body(_, let total) where input.count >= total: goOn()
            case .events: if let stream, !stream.isTouched { stream.flush() }
            default: break
            }
        }
        guard isOpen else { return }
        if worker.isDraining, output.isEmpty, input.isEmpty, isBetweenRequests { phase = .closing }
        if output.isEmpty, case .closing = phase { beginDraining() }
        guard isOpen else { return }
        watch(wantedInterest)
        armDeadline()
    }

    /// Requests stand whole in the input.
    private func goOn() {
        process(&input, &worker.response)
        if isOpen, input.isEmpty { input.release() }
    }

    var wantedInterest: Interest {
        if hold.isActive { return interest }
        if !output.isEmpty { return .write }
        return switch phase {
        // What yielded goes on in the next turn, which readiness to write brings at once.
        case .head: hasYielded ? .write : .read
        case .body, .chunked, .draining: .read
        case .parked: peerHasClosed ? [] : .peerClose
        case .streaming: .write
        case .events: stream?.interest ?? []
        case .closing: []
        }
    }

    func watch(_ wanted: Interest) {
        guard wanted != interest, let registration else { return }
        interest = wanted
        do {
            try worker.loop.change(registration, socket.descriptor.raw, wanted)
        } catch {
            close(.failure)
        }
    }

    func beginDraining() {
        if hasReadToEnd { return close(endReason) }
        // Also where the peer has closed its half: bytes of it that are still unread would turn a close into a reset.
        socket.shutdownWriting()
        phase = .draining(discarded: 0, until: worker.loop.now + LoopWorker.drainMilliseconds)
        forget(&input)
        input.release()
    }

    var isOpen: Bool { registration != nil }

    /// Turns the connection away with 503: there are too many.
    func refuseForLimit() {
        refuse(.overloaded, &input, &worker.response)
        settle()
    }

    /// Ends the connection now.
    func close(_ reason: CloseReason) {
        guard let registration else { return }
        if case .parked(_, let wait) = phase { worker.endWait(wait, of: self, cancels: true) }
        stream?.close()
        stream = nil
        worker.loop.deregister(registration, socket.descriptor.raw)
        self.registration = nil
        output.reset()
        // `input` may be in use by the caller; it and the descriptor go with this object, whose last reference the
        // loop's slot just dropped.
        worker.connectionClosed(self, reason)
    }
}
