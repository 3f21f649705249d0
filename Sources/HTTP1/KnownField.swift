import Bytes

/// The request fields that some part of the server reads. All others are checked for grammar and ignored.
public enum KnownField: UInt8, Sendable, CaseIterable {
    case host, connection, contentLength, transferEncoding, expect
    case authorization, contentType, contentEncoding, contentLanguage, contentDisposition, contentRange
    case cacheControl, expires, range, ifRange
    case ifMatch, ifNoneMatch, ifModifiedSince, ifUnmodifiedSince
    case accept, acceptEncoding, prefer, origin, userAgent
    case nuthatchVersion, nuthatchIfVersion, nuthatchAck, nuthatchAckTimeout
    case lastEventID, nuthatchSession

    public var name: StaticString {
        switch self {
        case .host: "host"
        case .connection: "connection"
        case .contentLength: "content-length"
        case .transferEncoding: "transfer-encoding"
        case .expect: "expect"
        case .authorization: "authorization"
        case .contentType: "content-type"
        case .contentEncoding: "content-encoding"
        case .contentLanguage: "content-language"
        case .contentDisposition: "content-disposition"
        case .contentRange: "content-range"
        case .cacheControl: "cache-control"
        case .expires: "expires"
        case .range: "range"
        case .ifRange: "if-range"
        case .ifMatch: "if-match"
        case .ifNoneMatch: "if-none-match"
        case .ifModifiedSince: "if-modified-since"
        case .ifUnmodifiedSince: "if-unmodified-since"
        case .accept: "accept"
        case .acceptEncoding: "accept-encoding"
        case .prefer: "prefer"
        case .origin: "origin"
        case .userAgent: "user-agent"
        case .nuthatchVersion: "nuthatch-version"
        case .nuthatchIfVersion: "nuthatch-if-version"
        case .nuthatchAck: "nuthatch-ack"
        case .nuthatchAckTimeout: "nuthatch-ack-timeout"
        case .lastEventID: "last-event-id"
        case .nuthatchSession: "nuthatch-session"
        }
    }

    /// Whether the field may stand only once in a message (RFC 9110 §5.3); lists may be spread over several lines.
    public var isSingleton: Bool {
        switch self {
        case .connection, .transferEncoding, .contentLength, .expect, .cacheControl, .ifMatch, .ifNoneMatch, .accept,
            .acceptEncoding, .prefer, .contentEncoding, .contentLanguage:
            // Content-Length, Transfer-Encoding and Expect have rules of their own in `BodyFraming`.
            false
        default: true
        }
    }

    /// The field with this name in any letter case, nil for one nobody reads.
    public init?(_ name: Span<UInt8>) {
        guard let first = Self.candidates(name.count, ASCII.lowercased(name[0])) else { return nil }
        guard name.equalsIgnoringCase(first.name) else {
            guard let second = Self.alternative(to: first), name.equalsIgnoringCase(second.name) else { return nil }
            self = second
            return
        }
        self = first
    }

    /// Length and first letter single out one field, or two (see `alternative`).
    private static func candidates(_ length: Int, _ first: UInt8) -> KnownField? {
        switch (length, first) {
        case (4, UInt8(ascii: "h")): .host
        case (5, UInt8(ascii: "r")): .range
        case (6, UInt8(ascii: "e")): .expect
        case (6, UInt8(ascii: "a")): .accept
        case (6, UInt8(ascii: "p")): .prefer
        case (6, UInt8(ascii: "o")): .origin
        case (7, UInt8(ascii: "e")): .expires
        case (8, UInt8(ascii: "i")): .ifRange
        case (10, UInt8(ascii: "c")): .connection
        case (10, UInt8(ascii: "u")): .userAgent
        case (12, UInt8(ascii: "c")): .contentType
        case (13, UInt8(ascii: "a")): .authorization
        case (13, UInt8(ascii: "c")): .cacheControl
        case (13, UInt8(ascii: "i")): .ifNoneMatch
        case (13, UInt8(ascii: "l")): .lastEventID
        case (14, UInt8(ascii: "c")): .contentLength
        case (15, UInt8(ascii: "a")): .acceptEncoding
        case (16, UInt8(ascii: "c")): .contentEncoding
        case (17, UInt8(ascii: "t")): .transferEncoding
        case (17, UInt8(ascii: "i")): .ifModifiedSince
        case (19, UInt8(ascii: "c")): .contentDisposition
        case (19, UInt8(ascii: "i")): .ifUnmodifiedSince
        case (16, UInt8(ascii: "n")): .nuthatchVersion
        case (19, UInt8(ascii: "n")): .nuthatchIfVersion
        case (12, UInt8(ascii: "n")): .nuthatchAck
        case (20, UInt8(ascii: "n")): .nuthatchAckTimeout
        default: nil
        }
    }

    private static func alternative(to field: KnownField) -> KnownField? {
        switch field {
        case .ifRange: .ifMatch
        case .contentEncoding: .contentLanguage
        case .cacheControl: .contentRange
        case .nuthatchVersion: .nuthatchSession
        default: nil
        }
    }
}

/// Some of the known fields: one bit each, so that "none of these four" is one test.
public struct FieldSet: Sendable, Equatable {
    @usableFromInline var bits: UInt64 = 0

    public init() {}

    public init(_ fields: KnownField...) {
        for field in fields { insert(field) }
    }

    @inline(always)
    public mutating func insert(_ field: KnownField) { bits |= 1 &<< UInt64(field.rawValue) }

    @inline(always)
    public func contains(_ field: KnownField) -> Bool { bits &>> UInt64(field.rawValue) & 1 != 0 }

    @inline(always)
    public func containsAny(of other: FieldSet) -> Bool { bits & other.bits != 0 }
}
