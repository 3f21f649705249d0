import Bytes
import HTTP1
import Observability
import Posix
import Reactor

/// Bytes out: what the kernel takes at once, and what it does not.
extension HTTPConnection {
    /// Hands what the writer holds to the kernel, and keeps what it does not take.
    func flush(_ response: inout ResponseWriter) {
        guard response.pendingBytes > 0 else { return }
        worker.metrics.bytesOut.add(UInt64(response.pendingBytes))
        if worker.replyHold != nil, holdsBack(&response) { return }
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
    func enqueue(_ response: borrowing ResponseWriter, from start: Int) {
        let isSecret = response.buffer.isSecret
        var offset = start
        for attachment in response.attachments {
            output.append(response.buffer.readable.extracting(offset..<attachment.offset), isSecret: isSecret)
            output.append(attachment.bytes, attachment.range)
            offset = attachment.offset
        }
        output.append(response.buffer.readable.extracting(offset..<response.buffer.count), isSecret: isSecret)
    }

    /// Sends what is queued; false when the connection broke over it.
    func flushOutput() -> Bool {
        let before = output.count
        switch output.flush(to: socket) {
        case .drained: break
        case .blocked(let sent):
            if sent > 0 || before > 0 && writeProgressAt == 0 { noteWriteProgress() }
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
}
