import Bytes
import CacheModel
import HTTP1

/// The preconditions of a request (RFC 9110 §13), parsed and checked against each other, not yet judged.
struct Conditions {
    var match = TagList()
    var noneMatch = TagList()
    /// Seconds since 1970; a malformed date is as if it had not been sent (§13.1.3, §13.1.4).
    var unmodifiedSince: Int64?
    var modifiedSince: Int64?

    init(of request: borrowing Request, at now: Instant) throws(Problem) {
        match = try TagList(.ifMatch, of: request, weakly: false)
        noneMatch = try TagList(.ifNoneMatch, of: request, weakly: true)
        if match.wasSent && noneMatch.isAny {
            throw Problem(.contradictoryPreconditions, "If-None-Match: * beside If-Match can never hold")
        }
        // A date counts only where its stronger sister was not sent (§13.2.2).
        if !match.wasSent, let field = request.field(.ifUnmodifiedSince) {
            unmodifiedSince = HTTPDate.parse(field, now: now.seconds)
        }
        if !noneMatch.wasSent, let field = request.field(.ifModifiedSince) {
            modifiedSince = HTTPDate.parse(field, now: now.seconds)
        }
    }

    /// Whether a request has any: without one nothing need be parsed.
    static func areSent(in request: borrowing Request) -> Bool { request.sent.containsAny(of: fields) }

    private static let fields = FieldSet(.ifMatch, .ifNoneMatch, .ifModifiedSince, .ifUnmodifiedSince)

    enum Verdict { case proceed, notModified, failed }

    /// Judges them for a GET or HEAD that would answer 200 with this representation (§13.2.2).
    func verdict(on tag: EntryTag, modifiedAt: Instant) -> Verdict {
        if match.wasSent {
            if !match.contains(version: tag.position) { return .failed }
        } else if let unmodifiedSince, modifiedAt.seconds > unmodifiedSince {
            return .failed
        }
        if noneMatch.wasSent {
            return noneMatch.contains(tag) ? .notModified : .proceed
        }
        if let modifiedSince, modifiedAt.seconds <= modifiedSince { return .notModified }
        return .proceed
    }

    /// What the engine is to judge, in one step with the write.
    var precondition: Precondition {
        @_lifetime(borrow self)
        get {
            Precondition(
                ifMatch: match.condition, ifNoneMatch: noneMatch.condition,
                ifUnmodifiedSince: unmodifiedSince)
        }
    }
}
