import Bytes

/// A place in the order of all events, as clients are given it: opaque base64url of always the same length.
///
/// ```
/// ┌────────┬───────────────┬───────┬───────────────┐
/// │ format │ epoch (6)     │ count │ number (7)    │   15 bytes, 20 characters
/// └────────┴───────────────┴───────┴───────────────┘
/// ```
/// There is one order, so the vector of offsets has one component (`count` is 1), and that alone marks the place in
/// every topic. The fixed length lets a place be written into bytes that were encoded before it was known.
package struct Cursor: Sendable, Equatable {
    /// Characters of the text form.
    package static let length = 20
    /// What a client may send at most, in bytes: longer text is no cursor of any format.
    package static let maximumLength = 128

    private static let format: UInt8 = 1
    private static let byteCount = 15

    /// Which run of the order the number belongs to: 48 bits, different after a restart that forgot events.
    package var epoch: UInt64
    /// The event's number in its epoch, from 1; 0 stands before the first.
    package var number: UInt64

    package init(epoch: UInt64, number: UInt64) {
        precondition(epoch < 1 << 48 && number < 1 << 56, "a cursor out of range")
        self.epoch = epoch
        self.number = number
    }

    /// Nil for any text that is no cursor.
    package init?(_ text: Span<UInt8>) {
        guard text.count == Self.length else { return nil }
        var bytes = IOBuffer()
        guard Base64.decode(text, .url, into: &bytes), bytes.count == Self.byteCount, bytes[0] == Self.format,
            bytes[7] == 1
        else { return nil }
        epoch = 0
        number = 0
        for index in 1...6 { epoch = epoch << 8 | UInt64(bytes[index]) }
        for index in 8...14 { number = number << 8 | UInt64(bytes[index]) }
    }

    /// Appends the text form.
    package func append(to out: inout IOBuffer) {
        var bytes: InlineArray<15, UInt8> = .init(repeating: 0)
        bytes[0] = Self.format
        bytes[7] = 1
        for index in 1...6 { bytes[index] = UInt8(truncatingIfNeeded: epoch >> UInt64(48 - index * 8)) }
        for index in 8...14 { bytes[index] = UInt8(truncatingIfNeeded: number >> UInt64(112 - index * 8)) }
        Base64.encode(bytes.span, .url, into: &out)
    }
}
