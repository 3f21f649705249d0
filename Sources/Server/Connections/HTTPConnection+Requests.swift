import API
import Bytes
import CacheModel
import HTTP1
import Observability
import Posix
import Reactor

/// From bytes to answers: scanning, the bodies' arrival, the API, and waiting requests.
extension HTTPConnection {
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
    func advance(
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
            let isComplete = try decode(&bytes, &decoder)
            phase = .chunked(head: head, decoder)
            guard isComplete else { return false }
            return try parseAndHandle(
                &bytes, RequestExtent(head: head, total: decoder.decodedEnd), .fresh, &response)
        case .parked, .streaming, .events, .closing, .draining: return false
        }
    }

    /// The head is whole: handles the request at once, or starts reading its body.
    func beginRequest(
        _ bytes: inout IOBuffer, head length: Int, _ response: inout ResponseWriter
    ) throws(HTTPFailure) -> Bool {
        try parseHead(bytes.readable.extracting(0..<length))
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
        bytes.isSecret = isSecret(worker.head)
        paceCheckAt = requestStartedAt + LoopWorker.bodyGraceMilliseconds
        return try advance(&bytes, &response)
    }

    /// Parses a head, and meanwhile brings near what its key will need.
    private func parseHead(_ bytes: Span<UInt8>) throws(HTTPFailure) {
        try HeadParser.parseStart(bytes, into: worker.head, limits: worker.httpLimits)
        var hint: KeyHint?
        if let path = worker.head.plainPath { hint = worker.api.anticipate(bytes.extracting(path)) }
        try HeadParser.parseRest(bytes, into: worker.head, limits: worker.httpLimits)
        if let hint { worker.api.anticipate(further: hint) }
    }

    /// Asks the API before the body is read. A refusal that leaves the stream readable is dropped and told again when
    /// the body is there, so that the answer does not depend on how the bytes were cut; one that closes is sent now.
    func admitsBody(_ bytes: Span<UInt8>, _ response: inout ResponseWriter) -> Bool {
        let before = response.buffer.count
        let request = Request(head: worker.head, bytes: bytes, body: bytes.extracting(0..<0))
        let expectsContinue = request.expectsContinue
        response.prepare(for: worker.head, keepsAlive: !expectsContinue && staysOpen)
        if worker.api.admit(request, response: &response) {
            if expectsContinue { response.sendContinue() }
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
    static func endsConnection(_ status: Int) -> Bool { status == 401 || status == 403 || status == 421 }

    /// Writes a refusal anew, as the connection's last answer.
    func refuseAgain(_ bytes: Span<UInt8>, from start: Int, _ response: inout ResponseWriter) {
        response.buffer.truncate(to: start)
        response.prepare(for: worker.head, keepsAlive: false)
        let request = Request(head: worker.head, bytes: bytes, body: bytes.extracting(0..<0))
        _ = worker.api.admit(request, response: &response)
    }

    func parseAndHandle(
        _ bytes: inout IOBuffer, _ extent: RequestExtent, _ resumption: Resumption,
        _ response: inout ResponseWriter
    ) throws(HTTPFailure) -> Bool {
        try HeadParser.parse(bytes.readable.extracting(0..<extent.head), into: worker.head, limits: worker.httpLimits)
        return handle(&bytes, extent, resumption, &response)
    }

    /// Gives a whole request to the API; true when it was answered and the connection goes on.
    func handle(
        _ bytes: inout IOBuffer, _ extent: RequestExtent, _ resumption: Resumption, _ response: inout ResponseWriter
    ) -> Bool {
        guard makesWay(for: extent, &response) else { return false }
        let start = worker.requestBegins()
        let ticket = Ticket(
            loop: worker.index, connection: registration?.index ?? 0, generation: worker.nextWait)
        let keepsAlive = staysOpen
        let before = response.buffer.count
        let pendingBefore = worker.logsAccess ? response.pendingBytes : 0
        var disposition = Disposition.responded
        if case .drained = resumption {
            response.resumeChunked(for: worker.head, keepsAlive: keepsAlive)
        } else {
            response.prepare(
                isHead: worker.head.method == .head, minorVersion: worker.head.minorVersion, keepsAlive: keepsAlive)
        }
        do {
            let all = bytes.readable
            let headBytes = all.extracting(0..<extent.head)
            let request = Request(
                head: worker.head, bytes: headBytes, body: all.extracting(extent.head..<extent.total))
            if worker.api.admit(request, response: &response) {
                disposition = worker.api.handle(
                    request, resumption: resumption, ticket: ticket, at: worker.now, response: &response)
            } else if request.framing != .none, response.keepsAlive, Self.endsConnection(response.status) {
                refuseAgain(headBytes, from: before, &response)
            }
        }
        if worker.replyHold != nil { noteHorizon(response.status) }
        switch disposition {
        case .responded:
            if worker.logsAccess {
                logAnswer(bytes.readable, extent, response, sent: response.pendingBytes - pendingBefore, since: start)
            }
            consume(&bytes, extent)
            requestStartedAt = bytes.isEmpty ? 0 : worker.loop.now
            phase = response.keepsAlive ? .head(HeadScanner()) : .closing
            noteAnswer(response.status, since: start)
            // What is to be confirmed is the last answer of a batch: another may take its place.
            return response.keepsAlive && hold.synced == .none
        case .parked(let until):
            // One that was awakened for nothing waits on to the moment it was given first.
            park(extent, ticket, until: resumption == .awakened ? nil : until)
            return false
        case .held(let until):
            park(extent, ticket, until: resumption == .admitted ? nil : until)
            worker.hold(change: ticket)
            return false
        case .streaming(let cursor):
            phase = .streaming(extent, cursor: cursor)
            return false
        case .subscribed:
            if worker.logsAccess {
                logAnswer(bytes.readable, extent, response, sent: response.pendingBytes - pendingBefore, since: start)
            }
            consume(&bytes, extent)
            noteAnswer(200, since: start)
            subscribe(
                worker.api.takeOpenedStream(), minorVersion: worker.head.minorVersion, keepsAlive: keepsAlive, &response
            )
            return false
        }
    }

    /// - Parameter until: nil to wait on to the moment that was given before.
    private func park(_ extent: RequestExtent, _ ticket: Ticket, until: Instant?) {
        worker.noteParked()
        phase = .parked(extent, wait: ticket.generation)
        if let until { parkedUntil = worker.loop.now + max(0, until.since(worker.now)) }
    }

    var staysOpen: Bool { worker.head.keepsAlive && !peerHasClosed && !worker.isDraining }

    /// Handles a parked or streaming request again, then whatever stands behind it.
    func resume(_ extent: RequestExtent, _ resumption: Resumption) {
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
    func refuse(_ failure: HTTPFailure, _ bytes: inout IOBuffer, _ response: inout ResponseWriter) {
        let start = worker.loop.monotonicNanoseconds
        response.prepare(for: nil, keepsAlive: false)
        worker.api.refuse(failure, response: &response)
        forget(&bytes)
        endReason = .refused
        phase = .closing
        noteAnswer(response.status, since: start)
        flush(&response)
    }

    func logAnswer(
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
    func noteAnswer(_ status: Int, since start: Int64) {
        let end = Clock.monotonicNanoseconds()
        worker.clockMark = end
        worker.api.metrics.record(
            route: Int(worker.api.lastRoute.rawValue), status: status, nanoseconds: UInt64(max(0, end - start)))
    }
}
