import Bytes
import CacheModel
import HTTP1
import JSON

/// Changing the session whose id the caller holds, and ending it.
extension Desk {
    /// A patch is at most this long: twice the data it may lead to, and room for the rest.
    private static let longestPatch = 256 << 10

    mutating func patchOwnSession(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        try refuseParameters(request)
        let digest = try ownSession(request)
        let form = try patchForm(request)
        guard request.body.count <= Self.longestPatch else {
            throw Problem(.tooLarge, "a patch is longer than the limit", .limit(Self.longestPatch))
        }
        if form == .operations { try checkOperations(request.body) }
        let wantsDocument = request.has(.prefer) && preference(request).returning == .representation
        if wantsDocument && !principal.permissions.contains(.read) { throw .forbidden("read") }
        try execute(.secret(digest), .patch(form), text: request.body, try conditions(request, turn), turn)
        guard wantsDocument else { return answerDone(tag: reply.entry.position, response: &response) }
        try writeSession(showingData: true, at: turn.now)
        scratch.append("\n")
        beginSession(200, response: &response)
        response.fields("Preference-Applied: return=representation\r\n")
        response.finish(length: scratch.count)
        response.body(scratch.readable)
    }

    private func patchForm(_ request: borrowing Request) throws(Problem) -> SessionPatchForm {
        if request.has(.contentEncoding) {
            throw Problem(.unsupportedMediaType, "a patch is sent without Content-Encoding", .acceptIdentity)
        }
        if let field = request.field(.contentType), let type = MediaType.parse(field) {
            if type.is("application", "merge-patch+json") { return .merge }
            if type.is("application", "json-patch+json") { return .operations }
        }
        throw Problem(
            .unsupportedMediaType, "a patch is application/merge-patch+json or application/json-patch+json",
            .acceptPatch)
    }

    /// Throws what is wrong with a JSON Patch whatever it is applied to.
    private mutating func checkOperations(_ patch: Span<UInt8>) throws(Problem) {
        do {
            try JSONPatch.check(patch)
        } catch {
            noted.removeAll()
            if case .patch(let failure) = error.reason {
                JSONPointer.append(placeOf: failure.offset, in: patch, into: &noted)
            } else if let index = error.operation {
                noted.append("/")
                noted.append(decimal: index)
            }
            if noted.count > 256 || !noted.readable.isValidUTF8 { noted.removeAll() }
            throw Problem(.badRequest, error.reason.message, .notedPointer)
        }
    }

    // MARK: Data

    mutating func putSessionData(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        try refuseParameters(request)
        let digest = try ownSession(request)
        try checkDataType(request)
        let data = try sessionData(request.body)
        let conditions = try conditions(request, turn)
        do throws(Problem) {
            try execute(.secret(digest), .putData, text: data.readable, conditions, turn)
        } catch {
            guard api.settings.sessionClientIDs, error.kind == .notFound, conditions?.match.wasSent != true else {
                throw error
            }
            return try createUnderChosenID(digest, data, request, turn, response: &response)
        }
        answerDone(tag: reply.entry.position, response: &response)
    }

    private func checkDataType(_ request: borrowing Request) throws(Problem) {
        if request.has(.contentEncoding) {
            throw Problem(.unsupportedMediaType, "the data is sent without Content-Encoding", .acceptIdentity)
        }
        guard let field = request.field(.contentType), let type = MediaType.parse(field),
            type.is("application", "json")
        else { throw Problem(.unsupportedMediaType, "the data of a session is application/json") }
    }

    /// The object in a body, without blanks.
    private mutating func sessionData(_ body: Span<UInt8>) throws(Problem) -> IOBuffer {
        var isObject = false
        do throws(JSONError) {
            var json = JSONReader(body)
            isObject = try json.kind() == .object
            // Inside the session's document the data is one level down.
            var deepest = 0
            while try json.next() != .end { deepest = max(deepest, json.depth) }
            if deepest >= JSONLimits.depth { throw JSONError(.tooDeep, at: 0) }
        } catch {
            noted.removeAll()
            JSONPointer.append(placeOf: error.offset, in: body, into: &noted)
            if noted.count > 256 || !noted.readable.isValidUTF8 { noted.removeAll() }
            throw Problem(.badRequest, error.reason.message, .notedPointer)
        }
        guard isObject else { throw .badRequest("the data of a session is an object") }
        var data = IOBuffer()
        JSONWriter.append(compacting: body, into: &data)
        guard data.count <= Limits.sessionDataBytes else {
            throw Problem(
                .tooLarge, "the data of a session is longer than the limit", .limit(Limits.sessionDataBytes))
        }
        return data
    }

    // MARK: Life

    mutating func touchSession(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        try refuseParameters(request)
        try refuseBody(request)
        try execute(.secret(try ownSession(request)), .touch, try conditions(request, turn), turn)
        answerDone(response: &response)
    }

    mutating func endOwnSession(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        try refuseParameters(request)
        try execute(.secret(try ownSession(request)), .destroy, try conditions(request, turn), turn)
        answerDone(response: &response)
    }

    mutating func revokeSession(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) {
        try refuseParameters(request)
        try execute(.handle(try handleInPath(request)), .destroy, try conditions(request, turn), turn)
        answerDone(response: &response)
    }

    private func refuseBody(_ request: borrowing Request) throws(Problem) {
        if !request.body.isEmpty { throw .badRequest("this takes no body") }
    }
}
