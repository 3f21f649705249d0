import CacheModel
import HTTP1

/// Why a request, or a line of a bulk request, was not done. Small and without storage of its own, so that refusing
/// costs nothing; what a client sent is shown from ``Desk/noted``.
struct Problem: Error, Sendable {
    var kind: ProblemKind
    /// What was wrong, and what is allowed.
    var detail: StaticString
    var members: Members = .none
    /// Whether the connection ends behind the answer.
    var closes = false

    /// The members a type has beside the common ones.
    enum Members: Sendable {
        case none
        /// A parameter of ours.
        case parameter(Parameter)
        /// The name the client used, which stands in `noted`.
        case notedParameter
        /// A place in a JSON body, which stands in `noted` as a JSON Pointer.
        case notedPointer
        /// The lines that failed, which stand in `noted` as JSON.
        case notedFailures
        /// Why a snapshot failed, which stands in `noted`.
        case notedFailure
        case etag(Position)
        case limit(Int)
        case needs(StaticString)
        case value(Int64)
        case version(UInt64)
        case miss(MissReason, at: Instant?)
        case line(Int)
        case allow(MethodSet)
        /// The length of the representation, for `Content-Range`.
        case length(Int)
        /// Seconds until it is worth trying again.
        case retryAfter(Int)
        /// Whether what was asked for has been done in spite of the answer; trying again is worth it after a second.
        case applied(Applied)
        /// What a query's body may be.
        case acceptQuery
        case acceptJSONQuery
        /// What a patch may be.
        case acceptPatch
        /// How a session ended.
        case end(SessionEnd, at: Instant)
        /// How many sessions there are.
        case live(Int)
        /// The operation of a patch that failed; the place it failed at stands in `noted` as a JSON string's inside.
        case operation(Int)
        /// That a body is taken without a coding only (RFC 9110 §12.5.3).
        case acceptIdentity
    }

    enum Applied: Sendable { case no, unknown }

    init(_ kind: ProblemKind, _ detail: StaticString, _ members: Members = .none, closes: Bool = false) {
        self.kind = kind
        self.detail = detail
        self.members = members
        self.closes = closes
    }

    var status: Int { kind.status }
}

extension Problem {
    static func bad(_ parameter: Parameter, _ detail: StaticString) -> Problem {
        Problem(.badParameter, detail, .parameter(parameter))
    }

    static func badRequest(_ detail: StaticString) -> Problem { Problem(.badRequest, detail) }

    static func forbidden(_ needs: StaticString) -> Problem {
        Problem(.forbidden, "the token does not allow this", .needs(needs))
    }

    /// Over a limit the connection closes: who sends too much once will again.
    static func tooLarge(_ detail: StaticString, limit: Int) -> Problem {
        Problem(.tooLarge, detail, .limit(limit), closes: true)
    }

    static let unavailable = Problem(.unavailable, "the engine did not answer in time", .retryAfter(1))

    static let loading = Problem(.unavailable, "the server is loading its data", .applied(.no))
    static let diskFull = Problem(
        .diskFull, "the disk that keeps the log is full: nothing can be changed until there is room", .applied(.no))
    static let logStalled = Problem(
        .unavailable, "the disk that keeps the log does not keep up: nothing was changed", .applied(.no))
    static let logFailed = Problem(
        .unavailable, "the log has failed: nothing can be changed any more", .applied(.no))
    static let notKept = Problem(
        .unavailable, "the log could not keep the change in time: it may be there or not", .applied(.unknown),
        closes: true)

    /// A refusal by the parser. All of them close.
    init(_ failure: HTTPFailure) {
        let kind: ProblemKind =
            switch failure {
            case .badRequest: .badRequest
            case .methodUnknown, .methodTooLong: .unknownMethod
            case .requestLineTooLong: .uriTooLong
            case .fieldsTooLarge: .headTooLarge
            case .bodyTooLarge: .tooLarge
            case .codingUnknown: .unknownCoding
            case .versionUnsupported: .versionNotSupported
            case .expectationFailed: .expectationFailed
            case .timeout: .requestTimeout
            case .overloaded: .unavailable
            }
        self.init(kind, failure.detail, kind == .unavailable ? .retryAfter(1) : .none, closes: true)
    }
}

extension Problem {
    /// What a write's outcome means where it is a refusal; nil where it is none.
    init?(_ reply: borrowing Reply, limits: Limits) {
        switch reply.outcome {
        case .miss(let reason): self.init(.notFound, "there is no such key", .miss(reason, at: reply.missedAt))
        case .preconditionFailed:
            self.init(.preconditionFailed, "the entry is not as the preconditions ask", .etag(reply.entry.position))
        case .staleVersion:
            self.init(
                .staleVersion, "the version sent is not greater than the stored one", .version(reply.entry.version ?? 0)
            )
        case .outOfBounds:
            self.init(.outOfBounds, "the value would become longer than max_len", .value(Int64(reply.entry.valueCount)))
        case .tooLarge: self = .tooLarge("a value is longer than the limit", limit: limits.valueBytes)
        case .memoryFull: self.init(.memoryFull, "memory is full and nothing may be evicted; nothing was changed")
        case .notIndexed:
            self.init(.notIndexed, "order, start, end and delimiter need the ordered index: start with --ordered-keys")
        case .settingsDiffer: self.init(.settingsDiffer, "the settings sent are not those that are stored")
        case .needsZone: self.init(.unavailable, "the zone database lacks the zone of this counter", .retryAfter(60))
        case .windowNotKept:
            self.init(.windowNotKept, "the counter keeps no window that reaches so far and has such a width")
        case .hit, .created, .replaced, .deleted, .resized, .changed, .page, .groupDone, .groupFailed, .board,
            .sessionRefused:
            return nil
        }
    }
}
