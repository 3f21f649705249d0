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
///                             └─► streaming ── output drained ──► API again
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
        /// Waiting for a ticket; `wait` is its generation.
        case parked(RequestExtent, wait: UInt32)
        case streaming(RequestExtent, cursor: Int)
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
    @exclusivity(unchecked) private var interest: Interest = .read
    /// When the request being read began (monotonic milliseconds), 0 between requests.
    @exclusivity(unchecked) var requestStartedAt: Int64 = 0
    @exclusivity(unchecked) var hasReceivedAnything = false
    @exclusivity(unchecked) var peerHasClosed = false
    /// Whole requests may stand in `input`, but they have held the loop long enough.
    @exclusivity(unchecked) private var hasYielded = false
    /// All that the peer sent was read.
    @exclusivity(unchecked) private var hasReadToEnd = false

    /// The client's address as text, for the access log; empty without one.
    private let peer: String

    init(_ socket: consuming StreamSocket, network: PeerAddress, peer: String, worker: LoopWorker) {
        self.socket = socket
        self.peer = peer
        self.network = network
        self.worker = worker
    }

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
        default: expire()
        }
    }

    /// The ticket of a parked request came: `wait` tells whether it is this one's.
    func awaken(wait: UInt32) -> Bool {
        guard case .parked(let extent, let current) = phase, current == wait else { return false }
        resume(extent, .awakened)
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
        default: break
        }
    }

    // MARK: Reading

    private func receive() {
        switch phase {
        case .draining(let discarded, let until): discard(discarded, until)
        case .parked:
            // Only the peer's end is watched for. A client that closed its half may still want the answer, but most are
            // gone altogether, which looks the same: the wait goes on for a moment only.
            peerHasClosed = true
            parkedUntil = min(parkedUntil, worker.loop.now + LoopWorker.halfClosedWaitMilliseconds)
        case .closing, .streaming: break
        case .head, .body, .chunked:
            guard output.isEmpty else { return }
            if input.isEmpty { receiveIntoSharedBuffer() } else { receiveIntoOwnBuffer() }
        }
    }

    /// The common case: whole requests arrive, are answered from the loop's buffer, and leave nothing behind.
    private func receiveIntoSharedBuffer() {
        let result = socket.receive(into: &worker.readBuffer, minimum: LoopWorker.readSize)
        guard case .processed(let count) = result else { return endOfInput(result) }
        noteReceived(count)
        process(&worker.readBuffer, &worker.response)
        if !worker.readBuffer.isEmpty {
            if isOpen { input.append(copying: worker.readBuffer) }
            worker.readBuffer.removeAll(keeping: LoopWorker.readSize * 2)
        }
    }

    private func receiveIntoOwnBuffer() {
        // Room follows what has arrived, not what was announced: doubling up to half a megabyte a read.
        let room = min(max(input.count, 4096), 512 << 10)
        let result = socket.receive(into: &input, minimum: room)
        guard case .processed(let count) = result else { return endOfInput(result) }
        noteReceived(count)
        process(&input, &worker.response)
        if input.isEmpty { input.release() }
    }

    private func noteReceived(_ count: Int) {
        worker.metrics.bytesIn.add(UInt64(count))
        hasReceivedAnything = true
        if requestStartedAt == 0 || isBetweenRequests { requestStartedAt = worker.loop.now }
    }

    /// Nothing of a request has come yet, though an empty line may have.
    private var isBetweenRequests: Bool {
        if case .head(let scanner) = phase { return scanner.isIdle }
        return false
    }

    private func endOfInput(_ result: IOResult) {
        switch result {
        case .wouldBlock, .processed: return
        case .failed: close(.failure)
        case .endOfStream:
            peerHasClosed = true
            hasReadToEnd = true
            if isBetweenRequests { return close(endReason) }
            refuse(.badRequest("the stream ended inside a request"), &input, &worker.response)
        }
    }

    private func discard(_ discarded: Int, _ until: Int64) {
        let result = socket.receive(into: &worker.readBuffer, minimum: LoopWorker.readSize)
        let count = worker.readBuffer.count
        worker.readBuffer.removeAll()
        switch result {
        case .processed where discarded + count <= LoopWorker.drainBytes:
            phase = .draining(discarded: discarded + count, until: until)
        case .wouldBlock: break
        default: close(endReason)
        }
    }

    // MARK: Processing

    /// Answers the requests that stand whole in `bytes`, and consumes them.
    func process(_ bytes: inout IOBuffer, _ response: inout ResponseWriter) {
        var answered = 0
        while isOpen, output.isEmpty, !bytes.isEmpty || answered == 0 {
            let goesOn: Bool
            do throws(HTTPFailure) {
                goesOn = try advance(&bytes, &response)
            } catch {
                refuse(error, &bytes, &response)
                break
            }
            guard goesOn else { break }
            answered += 1
            if worker.hasHeldTheTurn {
                hasYielded = !bytes.isEmpty
                break
            }
            if answered % worker.httpLimits.pipeline == 0 || response.pendingBytes > LoopWorker.flushBytes {
                flush(&response)
            }
        }
        flush(&response)
    }

    /// One step: true when a request was answered and the next may follow.
    private func advance(
        _ bytes: inout IOBuffer, _ response: inout ResponseWriter
    ) throws(HTTPFailure) -> Bool {
        switch phase {
        case .head(var scanner):
            switch try scanner.scan(bytes.readable, limits: worker.httpLimits) {
            case .partial:
                phase = .head(scanner)
                return false
            case .complete(let range):
                bytes.consume(range.lowerBound)
                return try beginRequest(&bytes, head: range.count, &response)
            }
        case .body(let head, let total):
            guard bytes.count >= total else { return false }
            return try parseAndHandle(&bytes, RequestExtent(head: head, total: total), .fresh, &response)
        case .chunked(let head, var decoder):
            let isComplete = try decoder.decode(&bytes, limits: worker.httpLimits)
            phase = .chunked(head: head, decoder)
            guard isComplete else { return false }
            return try parseAndHandle(
                &bytes, RequestExtent(head: head, total: decoder.decodedEnd), .fresh, &response)
        case .parked, .streaming, .closing, .draining: return false
        }
    }

    /// The head is whole: handles the request at once, or starts reading its body.
    private func beginRequest(
        _ bytes: inout IOBuffer, head length: Int, _ response: inout ResponseWriter
    ) throws(HTTPFailure) -> Bool {
        try HeadParser.parse(bytes.readable.extracting(0..<length), into: &worker.head, limits: worker.httpLimits)
        let (framing, expectsContinue) = (worker.head.framing, worker.head.expectsContinue)
        switch framing {
        case .none:
            return handle(&bytes, RequestExtent(head: length, total: length), .fresh, &response)
        case .length(let body):
            if bytes.count >= length + body && !expectsContinue {
                return handle(&bytes, RequestExtent(head: length, total: length + body), .fresh, &response)
            }
            guard admitsBody(bytes.readable.extracting(0..<length), &response) else { return false }
            phase = .body(head: length, total: length + body)
        case .chunked:
            guard admitsBody(bytes.readable.extracting(0..<length), &response) else { return false }
            phase = .chunked(head: length, ChunkDecoder(bodyStart: length))
        }
        paceCheckAt = requestStartedAt + LoopWorker.bodyGraceMilliseconds
        return try advance(&bytes, &response)
    }

    /// Asks the API before the body is read. A refusal that leaves the stream readable is dropped and told again when
    /// the body is there, so that the answer does not depend on how the bytes were cut; one that closes is sent now.
    private func admitsBody(_ bytes: Span<UInt8>, _ response: inout ResponseWriter) -> Bool {
        let head = worker.head
        let before = response.buffer.count
        response.prepare(for: head, keepsAlive: !head.expectsContinue && staysOpen(head))
        let isAdmitted = worker.api.admit(
            head, bytes: bytes, peer: network, at: worker.now, response: &response)
        if isAdmitted {
            if head.expectsContinue { response.sendContinue() }
            return true
        }
        if response.keepsAlive && !Self.endsConnection(response.status) {
            response.buffer.truncate(to: before)
            return true
        }
        if response.keepsAlive { refuseAgain(bytes, from: before, &response) }
        noteAnswer(response.status, since: worker.loop.monotonicNanoseconds)
        phase = .closing
        return false
    }

    /// Who may not send a body is not listened to: its bytes are neither kept nor waited for.
    private static func endsConnection(_ status: Int) -> Bool { status == 401 || status == 403 || status == 421 }

    /// Writes a refusal anew, as the connection's last answer.
    private func refuseAgain(_ bytes: Span<UInt8>, from start: Int, _ response: inout ResponseWriter) {
        response.buffer.truncate(to: start)
        response.prepare(for: worker.head, keepsAlive: false)
        _ = worker.api.admit(
            worker.head, bytes: bytes, peer: network, at: worker.now, response: &response)
    }

    private func parseAndHandle(
        _ bytes: inout IOBuffer, _ extent: RequestExtent, _ resumption: Resumption,
        _ response: inout ResponseWriter
    ) throws(HTTPFailure) -> Bool {
        try HeadParser.parse(bytes.readable.extracting(0..<extent.head), into: &worker.head, limits: worker.httpLimits)
        return handle(&bytes, extent, resumption, &response)
    }

    /// Gives a whole request to the API; true when it was answered and the connection goes on.
    private func handle(
        _ bytes: inout IOBuffer, _ extent: RequestExtent, _ resumption: Resumption, _ response: inout ResponseWriter
    ) -> Bool {
        let head = worker.head
        let start = worker.requestBegins()
        let ticket = Ticket(
            loop: worker.index, connection: registration?.index ?? 0, generation: worker.nextWait)
        let keepsAlive = staysOpen(head)
        let hasBody = head.framing != .none
        let before = response.buffer.count
        let pendingBefore = worker.logsAccess ? response.pendingBytes : 0
        var disposition = Disposition.responded
        if case .drained = resumption {
            response.resumeChunked(for: head, keepsAlive: keepsAlive)
        } else {
            response.prepare(
                isHead: head.method == .head, minorVersion: head.minorVersion, keepsAlive: keepsAlive)
        }
        do {
            let all = bytes.readable
            let headBytes = all.extracting(0..<extent.head)
            if worker.api.admit(head, bytes: headBytes, peer: network, at: worker.now, response: &response) {
                let request = Request(
                    head: head, bytes: headBytes, body: all.extracting(extent.head..<extent.total))
                disposition = worker.api.handle(
                    request, resumption: resumption, ticket: ticket, at: worker.now, response: &response)
            } else if hasBody, response.keepsAlive, Self.endsConnection(response.status) {
                refuseAgain(headBytes, from: before, &response)
            }
        }
        switch disposition {
        case .responded:
            if worker.logsAccess {
                logAnswer(bytes.readable, extent, response, sent: response.pendingBytes - pendingBefore, since: start)
            }
            bytes.consume(extent.total)
            requestStartedAt = bytes.isEmpty ? 0 : worker.loop.now
            phase = response.keepsAlive ? .head(HeadScanner()) : .closing
            noteAnswer(response.status, since: start)
            return response.keepsAlive
        case .parked(let until):
            worker.noteParked()
            phase = .parked(extent, wait: ticket.generation)
            // One that was awakened for nothing waits on to the moment it was given first.
            if resumption != .awakened { parkedUntil = worker.loop.now + max(0, until.since(worker.now)) }
            return false
        case .streaming(let cursor):
            phase = .streaming(extent, cursor: cursor)
            return false
        }
    }

    /// When the wait of a parked request ends (monotonic milliseconds).
    @exclusivity(unchecked) private var parkedUntil: Int64 = 0

    private func staysOpen(_ head: RequestHead) -> Bool { head.keepsAlive && !peerHasClosed && !worker.isDraining }

    /// Handles a parked or streaming request again, then whatever stands behind it.
    private func resume(_ extent: RequestExtent, _ resumption: Resumption) {
        let ticket: UInt32? = if case .parked(_, let wait) = phase { wait } else { nil }
        phase = .body(head: extent.head, total: extent.total)
        if let ticket { worker.endWait(ticket, of: self, cancels: resumption != .awakened) }
        do throws(HTTPFailure) {
            _ = try parseAndHandle(&input, extent, resumption, &worker.response)
        } catch {
            // The same bytes were parsed before; only a change of limits at run time could bring us here.
            refuse(error, &input, &worker.response)
        }
        flush(&worker.response)
        if isOpen, case .head = phase, !input.isEmpty { process(&input, &worker.response) }
        if isOpen, input.isEmpty { input.release() }
    }

    /// Answers what the parser refused, and closes.
    private func refuse(_ failure: HTTPFailure, _ bytes: inout IOBuffer, _ response: inout ResponseWriter) {
        let start = worker.loop.monotonicNanoseconds
        response.prepare(for: nil, keepsAlive: false)
        worker.api.refuse(failure, head: nil, bytes: bytes.readable, response: &response)
        bytes.removeAll()
        endReason = .refused
        phase = .closing
        noteAnswer(response.status, since: start)
        flush(&response)
    }

    private func logAnswer(
        _ bytes: Span<UInt8>, _ extent: RequestExtent, _ response: borrowing ResponseWriter, sent: Int,
        since start: Int64
    ) {
        let peerText = Array(peer.utf8)
        worker.accessLog.append(
            AccessRecord(
                at: worker.now, method: worker.head.method.name, path: bytes.extracting(worker.head.path),
                status: response.status, received: extent.total - extent.head, sent: sent,
                nanoseconds: UInt64(max(0, Clock.monotonicNanoseconds() - start)), peer: peerText.span))
    }

    /// Counts an answer and the time since `start`. One reading of the clock serves as the end of this request and the
    /// beginning of the next in a pipeline.
    private func noteAnswer(_ status: Int, since start: Int64) {
        let end = Clock.monotonicNanoseconds()
        worker.clockMark = end
        worker.api.metrics.record(
            route: Int(worker.api.lastRoute.rawValue), status: status, nanoseconds: UInt64(max(0, end - start)))
    }

    // MARK: Writing

    /// Hands what the writer holds to the kernel, and keeps what it does not take.
    private func flush(_ response: inout ResponseWriter) {
        guard response.pendingBytes > 0 else { return }
        worker.metrics.bytesOut.add(UInt64(response.pendingBytes))
        var taken = 0
        if output.isEmpty && response.attachments.isEmpty {
            switch socket.send(response.buffer) {
            case .processed(let count): taken = count
            case .wouldBlock: break
            case .endOfStream, .failed:
                response.removeAll()
                return close(.failure)
            }
        }
        if taken < response.buffer.count || !response.attachments.isEmpty {
            enqueue(response, from: taken)
        }
        response.removeAll(keeping: LoopWorker.flushBytes * 2)
        if !output.isEmpty { _ = flushOutput() }
    }

    /// Moves what the kernel did not take from the loop's writer to this connection's own queue.
    private func enqueue(_ response: borrowing ResponseWriter, from start: Int) {
        var offset = start
        for attachment in response.attachments {
            output.append(response.buffer.readable.extracting(offset..<attachment.offset))
            output.append(attachment.bytes, attachment.range)
            offset = attachment.offset
        }
        output.append(response.buffer.readable.extracting(offset..<response.buffer.count))
    }

    /// Sends what is queued; false when the connection broke over it.
    private func flushOutput() -> Bool {
        let before = output.count
        switch output.flush(to: socket) {
        case .drained: break
        case .blocked(let sent):
            if sent > 0 { writeProgressAt = worker.loop.now }
            if sent == 0 && before > 0 && writeProgressAt == 0 { writeProgressAt = worker.loop.now }
            return true
        case .failed:
            close(.failure)
            return false
        }
        writeProgressAt = 0
        // Nothing was read while the answer was blocked: the clocks of the request behind it start now.
        requestStartedAt = worker.loop.now
        paceCheckAt = worker.loop.now + LoopWorker.bodyGraceMilliseconds
        return true
    }

    /// When the reader last took something of a blocked answer.
    @exclusivity(unchecked) private var writeProgressAt: Int64 = 0

    // MARK: Settling

    /// Brings interest, deadline and phase in line with what has happened: the end of every event.
    private func settle() {
        guard isOpen else { return }
        if output.isEmpty {
            switch phase {
            case .streaming(let extent, let cursor):
                // One piece a turn, so that a fast reader of a large answer leaves time for the others.
                if interest == .write { resume(extent, .drained(cursor: cursor)) }
                guard isOpen else { return }
            case .head where !input.isEmpty && !hasYielded:
                process(&input, &worker.response)
                guard isOpen else { return }
                if input.isEmpty { input.release() }
            default: break
            }
        }
        if worker.isDraining, output.isEmpty, input.isEmpty, isBetweenRequests { phase = .closing }
        if output.isEmpty, case .closing = phase { beginDraining() }
        guard isOpen else { return }
        watch(wantedInterest)
        armDeadline()
    }

    private var wantedInterest: Interest {
        if !output.isEmpty { return .write }
        return switch phase {
        // What yielded goes on in the next turn, which readiness to write brings at once.
        case .head: hasYielded ? .write : .read
        case .body, .chunked, .draining: .read
        case .parked: peerHasClosed ? [] : .peerClose
        case .streaming: .write
        case .closing: []
        }
    }

    private func watch(_ wanted: Interest) {
        guard wanted != interest, let registration else { return }
        interest = wanted
        do {
            try worker.loop.change(registration, socket.descriptor.raw, wanted)
        } catch {
            close(.failure)
        }
    }

    private func beginDraining() {
        if hasReadToEnd { return close(endReason) }
        // Also where the peer has closed its half: bytes of it that are still unread would turn a close into a reset.
        socket.shutdownWriting()
        phase = .draining(discarded: 0, until: worker.loop.now + LoopWorker.drainMilliseconds)
        input.removeAll()
        input.release()
    }

    var isOpen: Bool { registration != nil }

    /// Why an orderly end came.
    @exclusivity(unchecked) private var endReason: CloseReason = .client

    private func closeStalled() {
        worker.metrics.timedOut(.write)
        close(.slowReader)
    }

    /// Turns the connection away with 503: there are too many.
    func refuseForLimit() {
        refuse(.overloaded, &input, &worker.response)
        settle()
    }

    /// Ends the connection now.
    func close(_ reason: CloseReason) {
        guard let registration else { return }
        if case .parked(_, let wait) = phase { worker.endWait(wait, of: self, cancels: true) }
        worker.loop.deregister(registration, socket.descriptor.raw)
        self.registration = nil
        output.reset()
        // `input` may be in use by the caller; it and the descriptor go with this object, whose last reference the
        // loop's slot just dropped.
        worker.connectionClosed(self, reason)
    }

    // MARK: Deadlines

    private func armDeadline() {
        guard let registration else { return }
        worker.loop.setDeadline(deadline, of: registration)
    }

    private var deadline: Int64 {
        let now = worker.loop.now
        let timeouts = worker.timeouts
        if !output.isEmpty { return max(writeProgressAt, 1) + timeouts.write }
        switch phase {
        case .head(let scanner):
            if !hasReceivedAnything { return now + timeouts.firstByte }
            return scanner.isIdle ? now + timeouts.idle : requestStartedAt + timeouts.head
        case .body, .chunked: return min(requestStartedAt + timeouts.body, paceCheckAt)
        case .parked: return parkedUntil
        case .streaming, .closing: return now + timeouts.write
        case .draining(_, let until): return until
        }
    }

    /// When the pace of the body being read is judged next (monotonic milliseconds).
    @exclusivity(unchecked) private var paceCheckAt: Int64 = 0

    /// A deadline of a state that must not last for ever has come.
    private func expire() {
        if !output.isEmpty { return closeStalled() }
        switch phase {
        case .head(let scanner):
            if scanner.isIdle {
                worker.metrics.timedOut(.idle)
                return close(.timeout)
            }
            timeOut(.head)
        case .body, .chunked:
            let elapsed = worker.loop.now - requestStartedAt
            let expected = (elapsed - LoopWorker.bodyGraceMilliseconds) * LoopWorker.bodyBytesPerSecond / 1000
            if elapsed < worker.timeouts.body && Int64(input.count) >= expected {
                paceCheckAt = worker.loop.now + 1000
                return armDeadline()
            }
            timeOut(.body)
        case .parked, .streaming, .closing, .draining: close(endReason)
        }
    }

    private func timeOut(_ kind: TimeoutKind) {
        worker.metrics.timedOut(kind)
        refuse(.timeout, &input, &worker.response)
        settle()
    }
}
