import Bytes

/// One field line: where its name and value lie, and which field it is.
public struct FieldLine: Sendable {
    public var name: ByteSlice = .empty
    public var value: ByteSlice = .empty
    public var known: KnownField?

    public init() {}

    init(name: ByteSlice, value: ByteSlice, known: KnownField?) {
        self.name = name
        self.value = value
        self.known = known
    }
}

/// A parsed request head: slices of the bytes it was parsed from. A loop owns one and lends it to each parse, so a
/// request costs no allocation; all slices count from the first byte of the request line.
///
/// An object, for every part of a request's handling looks at it, and a value as large would be copied for each. It is
/// filled by one parse at a time and read behind it by the same thread, so what it holds needs no check for overlapping
/// access.
public final class RequestHead {
    /// Field lines a head can hold, and so the most that `HTTPLimits.fields` may allow.
    public static let fieldCapacity = 256

    @safe @exclusivity(unchecked) var parts = HeadParts()

    public init() {}

    public var method: Method { parts.method }
    public var methodName: ByteSlice { parts.requestLine.method }
    /// Minor version: 0 for HTTP/1.0, else 1 (1.2 to 1.9 are handled as 1.1).
    public var minorVersion: Int { parts.minorVersion }
    /// The target as sent, for the log.
    public var target: ByteSlice { parts.requestLine.target }
    /// The path as sent, still escaped; `*` for the asterisk form.
    public var path: ByteSlice { parts.path }
    /// What stands behind the first `?`, still escaped; nil without one.
    public var query: ByteSlice? { parts.query }
    /// The authority of an absolute-form target; nil in the other forms.
    public var authority: ByteSlice? { parts.authority }
    /// The path of a target in origin form without escapes, which is as it is meant; nil for any other. Known from the
    /// request line on.
    public var plainPath: ByteSlice? { parts.plainPath }
    /// True when path or query hold a percent sign.
    public var hasEscape: Bool { parts.requestLine.hasEscape }
    public var framing: BodyFraming { parts.framing }
    public var keepsAlive: Bool { parts.keepsAlive }
    public var expectsContinue: Bool { parts.expectsContinue }
    /// An expectation other than `100-continue` was sent: 417.
    public var expectsUnknown: Bool { parts.expectsUnknown }
    public var lineCount: Int { parts.lineCount }
    /// The known fields that were sent.
    public var sent: FieldSet { parts.sent }

    /// Where the value of a field's first line lies; nil when it was not sent.
    public func value(of field: KnownField) -> ByteSlice? { parts.value(of: field) }

    /// The index of the next line of a field behind line `index`; start with -1. Nil when there is no further one.
    public func nextLine(of field: KnownField, after index: Int) -> Int? { parts.nextLine(of: field, after: index) }

    /// The line at `index`.
    public func line(_ index: Int) -> FieldLine { parts.line(index) }
}
