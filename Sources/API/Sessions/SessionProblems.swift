import Bytes
import CacheModel
import JSON

/// What the engine's refusals mean to a client.
extension Desk {
    /// The problem that the reply to a command about sessions is; nil where it is none.
    mutating func sessionProblem(patch: Span<UInt8>) -> Problem? {
        guard case .sessionRefused = reply.outcome, let refusal = reply.session.refusal else {
            return Problem(reply, limits: api.settings.limits)
        }
        switch refusal {
        case .unknown: return Self.unknownSession
        case .gone(let end, let at):
            return Problem(.gone, "the session is no more: begin a new one", .end(end, at: at))
        case .rotated:
            return Problem(.sessionRotated, "the id was replaced by another one and only reads until its grace is over")
        case .exists: return .unavailable
        case .cap(let live): return Problem(.sessionCap, "the user has as many sessions as may be", .live(live))
        case .patch(let failure): return patchProblem(failure, of: patch)
        }
    }

    static var unknownSession: Problem {
        Problem(.notFound, "there is no such session", .miss(.unknown, at: nil))
    }

    private mutating func patchProblem(_ failure: SessionPatchFailure, of patch: Span<UInt8>) -> Problem {
        noted.removeAll()
        switch failure {
        case .malformed(let offset):
            JSONPointer.append(placeOf: offset, in: patch, into: &noted)
            if noted.count > 256 || !noted.readable.isValidUTF8 { noted.removeAll() }
            return Problem(.badRequest, Self.whatIsMalformed(in: patch), .notedPointer)
        case .operation(let index): return conflict(index, "the operation does not fit the session")
        case .test(let index): return conflict(index, "the value tested for is not there")
        case .tooManySteps: return .badRequest("the patch takes too many steps")
        case .tooDeep: return refused("/data", "the session would be nested deeper than 64")
        case .fixedMember:
            if !reply.value.isEmpty { noted.append("/") }
            noted.append(copying: reply.value, in: 0..<min(reply.value.count, 64))
            if !noted.readable.isValidUTF8 { noted.removeAll() }
            return Problem(.unprocessable, "a session changes by data, meta, idle and index only", .notedPointer)
        case .dataNotObject: return refused("/data", "the data of a session is an object")
        case .dataTooLarge:
            return Problem(
                .tooLarge, "the data of a session is longer than the limit", .limit(Limits.sessionDataBytes))
        case .badMeta: return refused("/meta", "the meta of a session is an object of at most 4096 bytes of JSON")
        case .badIdle: return refused("/idle", SessionBody.idleForm)
        case .badIndex: return refused("/index", SessionBody.indexForm)
        }
    }

    /// Why a text is no JSON; where it is JSON, it is no patch.
    private static func whatIsMalformed(in patch: Span<UInt8>) -> StaticString {
        var reader = JSONReader(patch)
        do {
            try reader.skipValue()
            try reader.finish()
            return "a patch of a session is an object with data, meta, idle or index"
        } catch {
            return error.reason.message
        }
    }

    /// The reply's value is the pointer of the place that failed, as it was sent.
    private mutating func conflict(_ index: Int, _ detail: StaticString) -> Problem {
        if reply.value.count <= 1024 { noted.append(copying: reply.value) }
        return Problem(.patchConflict, detail, .operation(index))
    }

    private mutating func refused(_ pointer: StaticString, _ detail: StaticString) -> Problem {
        noted.append(pointer)
        return Problem(.badRequest, detail, .notedPointer)
    }
}
