import Bytes

/// A whole request: its head's slices with the bytes they lie in, and its body.
package struct Request: ~Escapable {
    private let head: RequestHead
    /// The head's bytes; all slices of `head` count from here.
    package let bytes: Span<UInt8>
    package let body: Span<UInt8>

    @_lifetime(copy bytes, copy body)
    package init(head: RequestHead, bytes: Span<UInt8>, body: Span<UInt8>) {
        self.head = head
        self.bytes = bytes
        self.body = body
    }

    // What routes ask of the head is answered here, where it lies: a head handed out of this room is a copy.

    package var method: Method { head.method }
    package var framing: BodyFraming { head.framing }
    package var expectsContinue: Bool { head.expectsContinue }
    package var expectsUnknown: Bool { head.expectsUnknown }
    /// The known fields that were sent.
    package var sent: FieldSet { head.sent }
    package var hasQuery: Bool { head.query != nil }

    /// Whom the request was sent to: the absolute form stands in for `Host` (RFC 9112 §3.2.2).
    package var authority: Span<UInt8>? {
        @_lifetime(copy self)
        get {
            guard let slice = head.authority ?? head.value(of: .host) else { return nil }
            return bytes.extracting(slice)
        }
    }

    /// The path, still escaped.
    package var path: Span<UInt8> {
        @_lifetime(copy self)
        get { bytes.extracting(head.path) }
    }

    /// The query, still escaped; nil without a `?`.
    package var query: Span<UInt8>? {
        @_lifetime(copy self)
        get {
            guard let query = head.query else { return nil }
            return bytes.extracting(query)
        }
    }

    /// The value of a field's first line without outer blanks; nil when it was not sent. For list fields walk
    /// ``nextLine(of:after:)``.
    @_lifetime(copy self)
    package func field(_ field: KnownField) -> Span<UInt8>? {
        guard let value = head.value(of: field) else { return nil }
        return bytes.extracting(value)
    }

    /// The index of the next line of a field behind line `index`; start with -1. Nil when there is no further one.
    package func nextLine(of field: KnownField, after index: Int) -> Int? { head.nextLine(of: field, after: index) }

    /// The value of the line at `index`, without outer blanks.
    @_lifetime(copy self)
    package func line(_ index: Int) -> Span<UInt8> { bytes.extracting(head.line(index).value) }

    /// True when the field was sent.
    package func has(_ field: KnownField) -> Bool { head.sent.contains(field) }
}
