import Bytes

/// A whole request: its head's slices with the bytes they lie in, and its body.
public struct Request: ~Escapable {
    private let head: RequestHead
    /// The head's bytes; all slices of `head` count from here.
    public let bytes: Span<UInt8>
    public let body: Span<UInt8>

    @_lifetime(copy bytes, copy body)
    public init(head: RequestHead, bytes: Span<UInt8>, body: Span<UInt8>) {
        self.head = head
        self.bytes = bytes
        self.body = body
    }

    // What routes ask of the head is answered here, where it lies: a head handed out of this room is a copy.

    public var method: Method { head.method }
    public var framing: BodyFraming { head.framing }
    public var expectsContinue: Bool { head.expectsContinue }
    public var expectsUnknown: Bool { head.expectsUnknown }
    /// The known fields that were sent.
    public var sent: FieldSet { head.sent }
    public var hasQuery: Bool { head.query != nil }
    /// True when path or query hold a percent sign.
    public var hasEscape: Bool { head.hasEscape }

    /// Whom the request was sent to: the absolute form stands in for `Host` (RFC 9112 §3.2.2).
    public var authority: Span<UInt8>? {
        @_lifetime(copy self)
        get {
            guard let slice = head.authority ?? head.value(of: .host) else { return nil }
            return bytes.extracting(slice)
        }
    }

    /// The path, still escaped.
    public var path: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(head.path) }
    }

    /// The query, still escaped; nil without a `?`.
    public var query: Span<UInt8>? {
        @_lifetime(copy self)
        get {
            guard let query = head.query else { return nil }
            return bytes.extracting(query)
        }
    }

    /// The value of a field's first line without outer blanks; nil when it was not sent. For list fields walk
    /// ``nextLine(of:after:)``.
    @_lifetime(copy self)
    public func field(_ field: KnownField) -> Span<UInt8>? {
        guard let value = head.value(of: field) else { return nil }
        return bytes.extracting(value)
    }

    /// The index of the next line of a field behind line `index`; start with -1. Nil when there is no further one.
    public func nextLine(of field: KnownField, after index: Int) -> Int? { head.nextLine(of: field, after: index) }

    /// The value of the line at `index`, without outer blanks.
    @_lifetime(copy self)
    public func line(_ index: Int) -> Span<UInt8> { bytes.extracting(head.line(index).value) }

    /// True when the field was sent.
    public func has(_ field: KnownField) -> Bool { head.sent.contains(field) }
}
