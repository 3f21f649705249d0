import Bytes
import HTTP1
import Observability
import Posix
import Reactor

/// How long each state may last.
extension HTTPConnection {
    func armDeadline() {
        guard let registration else { return }
        worker.loop.setDeadline(deadline, of: registration)
    }

    var deadline: Int64 {
        let now = worker.loop.now
        let timeouts = worker.timeouts
        if hold.isActive { return hold.until }
        if !output.isEmpty { return max(writeProgressAt, 1) + timeouts.write }
        switch phase {
        case .head(let scanner):
            if !hasReceivedAnything { return now + timeouts.firstByte }
            return scanner.isIdle ? now + timeouts.idle : requestStartedAt + timeouts.head
        case .body, .chunked: return min(requestStartedAt + timeouts.body, paceCheckAt)
        case .parked: return parkedUntil
        case .events: return stream?.deadline ?? now
        case .streaming, .closing: return now + timeouts.write
        case .draining(_, let until): return until
        }
    }

    /// A deadline of a state that must not last for ever has come.
    func expire() {
        if hold.isActive { return giveUpHolding() }
        if !output.isEmpty { return expireWriting() }
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
        case .parked, .streaming, .events, .closing, .draining: close(endReason)
        }
    }

    func timeOut(_ kind: TimeoutKind) {
        worker.metrics.timedOut(kind)
        refuse(.timeout, &input, &worker.response)
        settle()
    }

    /// Begins the time anew that a reader has for taking something of a blocked answer.
    func noteWriteProgress() {
        writeProgressAt = worker.loop.now
        unacknowledged = socket.unacknowledged
    }

    /// The kernel takes no more for as long as a reader may take nothing. It asks for more only when a third of its
    /// megabytes is gone, so one that is slow but takes some of them is told from one that takes nothing.
    func expireWriting() {
        guard socket.unacknowledged < unacknowledged else { return closeStalled() }
        noteWriteProgress()
        armDeadline()
    }

    private func closeStalled() {
        worker.metrics.timedOut(.write)
        close(.slowReader)
    }
}
