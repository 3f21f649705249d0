import Bytes
import HTTP1
import Observability
import Posix
import Reactor

/// Bytes in: from the socket to the buffer they are parsed in.
extension HTTPConnection {
    func receive() {
        switch phase {
        case .draining(let discarded, let until): discard(discarded, until)
        case .parked:
            // Only the peer's end is watched for. A client that closed its half may still want the answer, but most are
            // gone altogether, which looks the same: the wait goes on for a moment only.
            peerHasClosed = true
            parkedUntil = min(parkedUntil, worker.loop.now + LoopWorker.halfClosedWaitMilliseconds)
        case .closing, .streaming: break
        // Nothing is read here, so this is the peer's end: a reader that closed its half is taken to be gone.
        case .events: close(.client)
        case .head, .body, .chunked:
            guard output.isEmpty else { return }
            if input.isEmpty { receiveIntoSharedBuffer() } else { receiveIntoOwnBuffer() }
        }
    }

    /// The common case: whole requests arrive, are answered from the loop's buffer, and leave nothing behind.
    func receiveIntoSharedBuffer() {
        let result = socket.receive(into: &worker.readBuffer, minimum: LoopWorker.readSize)
        guard case .processed(let count) = result else { return endOfInput(result) }
        noteReceived(count)
        process(&worker.readBuffer, &worker.response)
        if !worker.readBuffer.isEmpty { keepRest(of: &worker.readBuffer) }
    }

    func receiveIntoOwnBuffer() {
        // Room follows what has arrived, not what was announced: doubling up to half a megabyte a read.
        let room = min(max(input.count, 4096), 512 << 10)
        if isBetweenHeads { input.isSecret = true }
        let result = socket.receive(into: &input, minimum: room)
        guard case .processed(let count) = result else { return endOfInput(result) }
        noteReceived(count)
        process(&input, &worker.response)
        if input.isEmpty { input.release() }
    }

    func noteReceived(_ count: Int) {
        worker.metrics.bytesIn.add(UInt64(count))
        hasReceivedAnything = true
        if requestStartedAt == 0 || isBetweenRequests { requestStartedAt = worker.loop.now }
    }

    /// Nothing of a request has come yet, though an empty line may have.
    var isBetweenRequests: Bool {
        if case .head(let scanner) = phase { return scanner.isIdle }
        return false
    }

    func endOfInput(_ result: IOResult) {
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

    func discard(_ discarded: Int, _ until: Int64) {
        let result = socket.receive(into: &worker.readBuffer, minimum: LoopWorker.readSize)
        let count = worker.readBuffer.count
        forget(&worker.readBuffer)
        switch result {
        case .processed where discarded + count <= LoopWorker.drainBytes:
            phase = .draining(discarded: discarded + count, until: until)
        case .wouldBlock: break
        default: close(endReason)
        }
    }
}
