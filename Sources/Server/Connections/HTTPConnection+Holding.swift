import API
import Bytes
import CacheModel
import HTTP1
import Observability
import Reactor

/// What a connection's answers wait for.
struct Hold {
    /// Which hold of the connection it is; rises with each.
    var number: UInt32 = 0
    var isActive = false
    /// What the answers reveal: the highest position they depend on.
    var horizon = Position.none
    /// The same without what a log that cannot be written may say late.
    var firm = Position.none
    /// What must be synced for the last of them, `.none` for nothing beyond the policy.
    var synced = Position.none
    /// What the last of them was given: its entity tag.
    var written = Position.none
    /// When the wait ends (monotonic milliseconds).
    var until: Int64 = 0
}

/// Answers that may not leave before the log has what they reveal.
///
/// They stand in `output`, which is not flushed meanwhile; what the connection reads and parks for stays as it is. The
/// interest in events is left alone, which saves two system calls a request; only when an event comes meanwhile is it
/// dropped until the answers have left.
extension HTTPConnection {
    func isHolding(_ number: UInt32) -> Bool { isOpen && hold.isActive && hold.number == number }

    /// Takes note of what the answer just written reveals. Only a success has anything to confirm.
    func noteHorizon(_ status: Int) {
        guard worker.replyHold != nil else { return }
        let horizon = worker.api.horizon
        hold.horizon = max(hold.horizon, horizon)
        hold.firm = max(hold.firm, worker.api.firmHorizon)
        guard let acknowledgement = worker.api.acknowledgement, status < 400, horizon != .none else { return }
        hold.synced = horizon
        hold.written = worker.api.written
        hold.until = worker.loop.now + acknowledgement.patience
    }

    /// An answer that is to be confirmed stands alone, for another may take its place: what was written before it
    /// leaves first. False when that cannot be; the request is then handled when it has left.
    func makesWay(for extent: RequestExtent, _ response: inout ResponseWriter) -> Bool {
        guard worker.replyHold != nil, worker.head.sent.contains(.nuthatchAck), response.pendingBytes > 0 else {
            return true
        }
        flush(&response)
        guard isOpen, !output.isEmpty else { return isOpen }
        phase = .body(head: extent.head, total: extent.total)
        return false
    }

    /// Whether what the writer holds must wait; it then stands in `output`.
    func holdsBack(_ response: inout ResponseWriter) -> Bool {
        guard let keeper = worker.replyHold, hold.horizon != .none || hold.synced != .none else { return false }
        if keeper.mayLeave(hold) {
            forgetHold()
            return false
        }
        enqueue(response, from: 0)
        response.removeAll(keeping: LoopWorker.flushBytes * 2)
        if hold.synced == .none { hold.until = worker.loop.now + ReplyHold.longest }
        hold.number &+= 1
        hold.isActive = true
        keeper.add(self)
        return true
    }

    private func forgetHold() {
        hold.isActive = false
        hold.horizon = .none
        hold.firm = .none
        hold.synced = .none
    }

    /// The log has it all: the answers leave.
    func letGo() {
        forgetHold()
        guard flushOutput() else { return }
        settle()
    }

    /// The wait is over. Reads that only lack what may be said late, and an answer that only lacks its confirmation, go
    /// without; of any other nobody knows.
    func giveUpHolding() {
        guard let keeper = worker.replyHold else { return }
        if hold.synced == .none, keeper.isReleased(hold.firm) { return letGo() }
        // Pieces of the answer may have left: nothing can take its place, so it is cut (RFC 9112 §8).
        if case .streaming = phase { return close(.failure) }
        if hold.synced != .none, keeper.isReleased(hold.horizon) {
            output.reset()
            worker.response.prepare(for: nil, keepsAlive: true)
            worker.api.answerUnconfirmed(at: hold.written, response: &worker.response)
        } else {
            output.reset()
            worker.response.prepare(for: nil, keepsAlive: false)
            worker.api.answerNotKept(response: &worker.response)
            endReason = .failure
            phase = .closing
        }
        forgetHold()
        enqueue(worker.response, from: 0)
        worker.response.removeAll()
        guard flushOutput() else { return }
        settle()
    }
}
