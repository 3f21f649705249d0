import Bytes

/// A whole request: its head's slices with the bytes they lie in, and its body.
package struct Request: ~Escapable {
    package let head: RequestHead
    /// The head's bytes; all slices of `head` count from here.
    package let bytes: Span<UInt8>
    package let body: Span<UInt8>

    @_lifetime(copy bytes, copy body)
    package init(head: RequestHead, bytes: Span<UInt8>, body: Span<UInt8>) {
        self.head = head
        self.bytes = bytes
        self.body = body
    }

    package var method: Method { head.method }

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
    /// ``RequestHead/nextLine(of:after:)``.
    @_lifetime(copy self)
    package func field(_ field: KnownField) -> Span<UInt8>? {
        guard let value = head.value(of: field) else { return nil }
        return bytes.extracting(value)
    }

    /// True when the field was sent.
    package func has(_ field: KnownField) -> Bool { head.sent.contains(field) }
}
