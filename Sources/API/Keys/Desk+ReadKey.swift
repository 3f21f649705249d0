import Bytes
import CacheModel
import HTTP1

extension Desk {
    /// GET and HEAD.
    mutating func readKey(
        _ key: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let isHead = request.method == .head
        let command = Command.read(Read(key: key, slides: !isHead, acceptsStale: true, wantsValue: !isHead))
        try execute(command, turn)
        guard case .hit = reply.outcome else { throw missing() }
        let fields = EntityFields(reply.fields.readable)
        let coding = Coding.identity
        response.begin(200)
        writeContent(fields, coding, response: &response)
        writeEntry(fields, coding, at: turn.now, response: &response)
        response.finish(length: reply.entry.valueCount)
        if !isHead { writeValue(0..<reply.entry.valueCount, response: &response) }
        return .responded
    }

    /// The problem for a reply that found nothing.
    func missing() -> Problem {
        Problem(reply, limits: api.settings.limits) ?? Problem(.notFound, "there is no such key")
    }
}
