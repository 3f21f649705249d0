import Bytes

/// A member in one call: its name and its value.
extension JSONWriter {
    /// `bytes` must be valid UTF-8.
    package mutating func member(
        _ name: StaticString, string bytes: Span<UInt8>, into out: inout IOBuffer
    ) {
        self.name(name, into: &out)
        string(bytes, into: &out)
    }

    /// `text` must need no escape.
    package mutating func member(
        _ name: StaticString, string text: StaticString, into out: inout IOBuffer
    ) {
        self.name(name, into: &out)
        string(text, into: &out)
    }

    package mutating func member(
        _ name: StaticString, integer value: Int64, quoted: Bool = false, into out: inout IOBuffer
    ) {
        self.name(name, into: &out)
        integer(value, quoted: quoted, into: &out)
    }

    package mutating func member(
        _ name: StaticString, integer value: Int, into out: inout IOBuffer
    ) {
        member(name, integer: Int64(value), into: &out)
    }

    package mutating func member(
        _ name: StaticString, unsigned value: UInt64, into out: inout IOBuffer
    ) {
        self.name(name, into: &out)
        unsigned(value, into: &out)
    }

    package mutating func member(_ name: StaticString, bool value: Bool, into out: inout IOBuffer) {
        self.name(name, into: &out)
        bool(value, into: &out)
    }

    package mutating func memberNull(_ name: StaticString, into out: inout IOBuffer) {
        self.name(name, into: &out)
        null(into: &out)
    }

    /// A member whose value already is JSON.
    package mutating func member(
        _ name: StaticString, raw json: Span<UInt8>, into out: inout IOBuffer
    ) {
        self.name(name, into: &out)
        raw(json, into: &out)
    }

    /// Any bytes: `"value":"…"` when they are valid UTF-8, else `"value64":"…"` in base64.
    ///
    /// - Parameter forcingBase64: takes the second form whatever the bytes are.
    package mutating func member(
        _ name: StaticString, orBase64 base64Name: StaticString, bytes: Span<UInt8>,
        forcingBase64: Bool = false, into out: inout IOBuffer
    ) {
        if !forcingBase64 && UTF8Sequence.isWellFormed(bytes) {
            return member(name, string: bytes, into: &out)
        }
        self.name(base64Name, into: &out)
        separate(into: &out)
        out.append(0x22)
        Base64.encode(bytes, .standard, into: &out)
        out.append(0x22)
    }
}
