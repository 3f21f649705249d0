import Bytes
import CacheModel
import HTTP1

extension Desk {
    mutating func deleteKey(
        _ key: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        try execute(
            .delete(Delete(key: key, version: nil, precondition: Precondition(), wantsPrevious: false)), turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
        response.begin(204)
        response.finishWithoutBody()
        return .responded
    }
}
