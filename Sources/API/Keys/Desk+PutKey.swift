import Bytes
import CacheModel
import HTTP1

extension Desk {
    mutating func putKey(
        _ key: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let command = Command.put(
            Put(
                key: key, value: request.body, fields: Span(), lifetime: .set(.unlimited), version: nil,
                precondition: Precondition(), wantsPrevious: false))
        try execute(command, turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        var isNew = false
        if case .created = reply.outcome { isNew = true }
        response.begin(isNew ? 201 : 204)
        response.beginField("ETag")
        EntryTag(reply.written).append(to: &response.buffer)
        response.endField()
        if isNew { response.finish(length: 0) } else { response.finishWithoutBody() }
        return .responded
    }
}
