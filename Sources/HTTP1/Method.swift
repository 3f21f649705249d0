import Bytes

/// The methods this server knows (RFC 9110 §9, RFC 5789, RFC 10008). Method names are case-sensitive.
public enum Method: UInt8, Sendable, CaseIterable {
    case get, head, put, post, delete, patch, options, query, trace
    /// A token, but none of ours: 501, once the message has been framed.
    case unknown

    /// The method named by exactly these bytes.
    public init(_ name: Span<UInt8>) {
        switch name.count {
        case 3: self = name.equals("GET") ? .get : name.equals("PUT") ? .put : .unknown
        case 4: self = name.equals("HEAD") ? .head : name.equals("POST") ? .post : .unknown
        case 5:
            self =
                name.equals("PATCH") ? .patch : name.equals("QUERY") ? .query : name.equals("TRACE") ? .trace : .unknown
        case 6: self = name.equals("DELETE") ? .delete : .unknown
        case 7: self = name.equals("OPTIONS") ? .options : .unknown
        default: self = .unknown
        }
    }

    public var name: StaticString {
        switch self {
        case .get: "GET"
        case .head: "HEAD"
        case .put: "PUT"
        case .post: "POST"
        case .delete: "DELETE"
        case .patch: "PATCH"
        case .options: "OPTIONS"
        case .query: "QUERY"
        case .trace: "TRACE"
        case .unknown: "unknown"
        }
    }
}
