import Bytes
import CacheModel
import HTTP1

/// DELETE, and get-and-delete with `Prefer: return=representation`.
extension Desk {
    mutating func deleteKey(
        _ key: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        _ = try parameters(request, allowing: ParameterSet(.key64), "unknown; DELETE takes key64")
        let version = try callerVersion(request)
        let wantsValue = request.has(.prefer) && preference(request).returning == .representation
        if wantsValue && !principal.mayUse(key, .read) { throw .forbidden("read") }
        if Conditions.areSent(in: request) {
            let conditions = try Conditions(of: request, at: turn.now)
            try delete(key, version, conditions.precondition, wantsValue, turn)
        } else {
            try delete(key, version, Precondition(), wantsValue, turn)
        }
        guard wantsValue else {
            response.begin(204)
            response.finishWithoutBody()
            return .responded
        }
        response.begin(200)
        writeTag(storedTag, response: &response)
        writeVersion(response: &response)
        response.fields("Preference-Applied: return=representation\r\n")
        writeWhole(response: &response)
        return .responded
    }

    private mutating func delete(
        _ key: Span<UInt8>, _ version: CallerVersion?, _ precondition: consuming Precondition, _ wantsPrevious: Bool,
        _ turn: Turn
    ) throws(Problem) {
        let command = Command.delete(
            Delete(key: key, version: version, precondition: precondition, wantsPrevious: wantsPrevious))
        try execute(command, turn)
        if let problem = Problem(reply, limits: api.settings.limits) { throw problem }
    }
}
