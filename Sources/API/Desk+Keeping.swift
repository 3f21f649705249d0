import Bytes
import CacheModel
import HTTP1

/// What a client wants to know of a change before it takes it for done: `Nuthatch-Ack: fsync`.
package struct Acknowledgement: Sendable, Equatable {
    /// How long it waits, in milliseconds; then it takes 202.
    package var patience: Int64
}

/// Changes where they are to be kept: whether they may be made at all, and what is confirmed of them.
extension Desk {
    /// How long a change waits for a disk that does not keep up, in milliseconds.
    private static let heldTime: Int64 = 1000
    /// How long a client waits for a confirmation if it does not say, in milliseconds.
    private static let patience: Int64 = 5000

    /// Nil when the change may be made; else how it waits.
    mutating func admitChange(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition? {
        guard route.mayChange else { return nil }
        if request.has(.nuthatchAck) || request.has(.nuthatchAckTimeout) { try readAcknowledgement(request) }
        guard let gate else { return nil }
        // The change was made when it was granted; what is left to do is to say so.
        let isGranted = turn.resumption == .deadline && held[turn.ticket.connection] != nil
        switch isGranted ? .open : gate.admission {
        case .open: break
        case .held:
            guard turn.resumption == .fresh || turn.resumption == .admitted else { throw .logStalled }
            // Of a caller that had this place before.
            held[turn.ticket.connection] = nil
            return .held(until: turn.now.advanced(byMilliseconds: Self.heldTime))
        case .full: throw .diskFull
        case .failed: throw .logFailed
        }
        if acknowledgement != nil { response.confirm("Nuthatch-Ack-Result: fsync=1\r\n") }
        return nil
    }

    mutating func readAcknowledgement(_ request: borrowing Request) throws(Problem) {
        guard let level = request.field(.nuthatchAck) else {
            throw .badRequest("Nuthatch-Ack-Timeout needs Nuthatch-Ack")
        }
        guard level.equals("fsync") else { throw .badRequest("Nuthatch-Ack can be fsync, nothing else") }
        guard gate != nil else {
            throw .badRequest("Nuthatch-Ack: fsync needs a server that keeps its data: start it with --data-dir")
        }
        var patience = Self.patience
        if let text = request.field(.nuthatchAckTimeout) {
            guard let duration = try? DurationText.parse(text), duration.jitterPercent == 0,
                duration.milliseconds <= Limits.wait
            else { throw .badRequest("Nuthatch-Ack-Timeout is a duration of at most 30 s, as in 500ms or 2s") }
            patience = duration.milliseconds
        }
        acknowledgement = Acknowledgement(patience: patience)
    }

    /// Instead of answers that the log holds back for too long: nobody knows whether the change will be there.
    mutating func answerNotKept(response: inout ResponseWriter) { write(.notKept, asText: false, response: &response) }

    /// Instead of a confirmed answer: the change is made, and not confirmed in time.
    func answerUnconfirmed(at position: Position, response: inout ResponseWriter) {
        response.begin(202)
        response.fields("Nuthatch-Ack-Result: fsync=0\r\n")
        if position != .none {
            response.beginField("ETag")
            EntryTag(position).append(to: &response.buffer)
            response.endField()
        }
        response.finish(length: 0)
    }
}
