/// Why a request is refused before any route sees it. After each of these the connection closes.
public enum HTTPFailure: Error, Sendable {
    case badRequest(StaticString)
    case methodUnknown
    case methodTooLong
    case requestLineTooLong
    case fieldsTooLarge(StaticString)
    case bodyTooLarge
    case codingUnknown
    case versionUnsupported
    case expectationFailed
    case timeout
    /// More connections than the limit.
    case overloaded

    public var status: Int {
        switch self {
        case .badRequest: 400
        case .methodUnknown, .methodTooLong, .codingUnknown: 501
        case .requestLineTooLong: 414
        case .fieldsTooLarge: 431
        case .bodyTooLarge: 413
        case .versionUnsupported: 505
        case .expectationFailed: 417
        case .timeout: 408
        case .overloaded: 503
        }
    }

    /// The problem type's last word (`urn:nuthatch:problem:<slug>`).
    public var slug: StaticString {
        switch self {
        case .badRequest: "bad-request"
        case .methodUnknown, .methodTooLong: "unknown-method"
        case .codingUnknown: "unknown-coding"
        case .requestLineTooLong: "uri-too-long"
        case .fieldsTooLarge: "head-too-large"
        case .bodyTooLarge: "too-large"
        case .versionUnsupported: "version-not-supported"
        case .expectationFailed: "expectation-failed"
        case .timeout: "request-timeout"
        case .overloaded: "unavailable"
        }
    }

    /// What was wrong and what is allowed, for a person.
    public var detail: StaticString {
        switch self {
        case .badRequest(let detail), .fieldsTooLarge(let detail): detail
        case .methodUnknown: "the method is not one this server knows"
        case .methodTooLong: "a method has at most 32 bytes, and CONNECT is not served"
        case .codingUnknown: "the only transfer coding served is chunked"
        case .requestLineTooLong: "the request line is longer than the limit"
        case .bodyTooLarge: "the body is larger than the limit"
        case .versionUnsupported: "only HTTP/1.0 and HTTP/1.1 are served"
        case .expectationFailed: "the only expectation served is 100-continue"
        case .timeout: "the request did not arrive in time"
        case .overloaded: "more connections than the limit"
        }
    }
}
