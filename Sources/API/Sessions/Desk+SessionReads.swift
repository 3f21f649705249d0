import Bytes
import CacheModel
import HTTP1
import JSON

/// Reading one session.
extension Desk {
    mutating func readOwnSession(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let allowed: ParameterSet = isHead ? [] : ParameterSet(.touch, .pointer)
        let parameters = try parameters(request, allowing: allowed, "unknown; GET takes touch and pointer, HEAD none")
        let touches = try parameters.flag(.touch) ?? true
        let name = SessionName.secret(try ownSession(request))
        if let pointer = parameters[.pointer], !JSONPointer.isWellFormed(pointer) {
            throw .bad(.pointer, "a JSON Pointer is empty or begins with a slash, and after each ~ follows 0 or 1")
        }
        guard try read(name, slides: touches && !isHead, request, turn, response: &response) else { return }
        try writeSession(showingData: true, at: turn.now)
        guard let pointer = parameters[.pointer] else { return answerSession(200, response: &response) }
        guard let found = try? JSONPointer.find(pointer, in: scratch.readable) else {
            throw Problem(.notFound, "the session has nothing at this place")
        }
        beginSession(200, response: &response)
        response.finish(length: Int(found.count))
        response.body(scratch.readable.extracting(found))
    }

    /// A session that is another's: its data only to those who may manage.
    mutating func readSession(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        let parameters = try parameters(request, allowing: ParameterSet(.data), "unknown; GET takes data")
        let showsData = try wantsData(parameters)
        let name = SessionName.handle(try handleInPath(request))
        guard try read(name, slides: false, request, turn, response: &response) else { return }
        try writeSession(showingData: showsData, at: turn.now)
        answerSession(200, response: &response)
    }

    /// Whether the data of others' sessions is asked for by someone who may see it.
    func wantsData(_ parameters: borrowing Parameters) throws(Problem) -> Bool {
        guard try parameters.flag(.data) ?? false else { return false }
        guard principal.permissions.contains(.manage) else { throw .forbidden("manage") }
        return true
    }

    /// Reads a session under the request's conditions; false when the answer was 304, which prolongs no life.
    private mutating func read(
        _ name: SessionName, slides: Bool, _ request: borrowing Request, _ turn: Turn,
        response: inout ResponseWriter
    ) throws(Problem) -> Bool {
        let conditions = try conditions(request, turn)
        try execute(name, .read(slides: slides && conditions == nil, wantsData: true), nil, turn)
        guard let conditions else { return true }
        let tag = EntryTag(reply.entry.position)
        switch conditions.verdict(on: tag, modifiedAt: reply.entry.modifiedAt) {
        case .proceed: break
        case .failed: throw failedPrecondition()
        case .notModified:
            response.begin(304)
            response.fields(Surface.noStore)
            writeTag(tag, response: &response)
            response.finishWithoutBody()
            return false
        }
        if slides { try execute(name, .read(slides: true, wantsData: true), nil, turn) }
        return true
    }
}
