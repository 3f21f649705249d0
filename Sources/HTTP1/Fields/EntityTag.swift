import Bytes

/// An entity tag (RFC 9110 §8.8.3): `"3.8123"` or `W/"3.8123"`.
public struct EntityTag: ~Escapable {
    public let isWeak: Bool
    /// The bytes between the quotes, never reinterpreted.
    public let opaque: Span<UInt8>

    @_lifetime(copy opaque)
    public init(isWeak: Bool, opaque: Span<UInt8>) {
        self.isWeak = isWeak
        self.opaque = opaque
    }

    /// One tag and nothing else, as in `If-Range`; nil when the bytes are anything other, a date for instance.
    @_lifetime(copy text)
    public static func parse(_ text: Span<UInt8>) -> EntityTag? {
        var cursor = FieldCursor(text.trimmingBlanks())
        guard let tag = take(from: &cursor), cursor.isAtEnd else { return nil }
        return tag
    }

    /// Strong comparison (§8.8.3.2): the same bytes and neither is weak.
    public func matchesStrongly(_ other: borrowing EntityTag) -> Bool {
        !isWeak && !other.isWeak && opaque.equals(other.opaque)
    }

    /// Weak comparison: the same bytes.
    public func matchesWeakly(_ other: borrowing EntityTag) -> Bool { opaque.equals(other.opaque) }

    @_lifetime(copy cursor)
    static func take(from cursor: inout FieldCursor) -> EntityTag? {
        let isWeak = cursor.take(0x57)
        if isWeak && !cursor.take(0x2F) { return nil }
        guard cursor.take(0x22) else { return nil }
        let opaque = cursor.take { byte in byte > 0x20 && byte != 0x22 && byte != 0x7F }
        guard cursor.take(0x22) else { return nil }
        return EntityTag(isWeak: isWeak, opaque: opaque)
    }
}

/// The tags of one `If-Match` or `If-None-Match` line (RFC 9110 §13.1.1, §13.1.2).
///
/// ```swift
/// var tags = EntityTagList(line, counted: before)
/// if tags.isAny { … } else { while let tag = try tags.next() { … } }
/// before = tags.counted
/// ```
/// A second line goes on counting, and a `*` beside anything else, in the same line or another, is malformed: the
/// former is found here, the latter is the caller's to find. Empty list elements are passed over; a line with no tag at
/// all is malformed.
public struct EntityTagList: ~Escapable {
    /// Tags of all lines together: a client that names more does not know what it has.
    public static let maximumTags = 64

    /// True when the line is `*`; it then has no tags.
    public let isAny: Bool
    /// The tags read so far, those of earlier lines included.
    public private(set) var counted: Int
    private var cursor: FieldCursor
    private var isFirst = true

    @_lifetime(copy line)
    public init(_ line: Span<UInt8>, counted: Int = 0) {
        let text = line.trimmingBlanks()
        isAny = text.count == 1 && text[0] == 0x2A
        cursor = FieldCursor(text)
        self.counted = counted
    }

    /// The next tag, nil behind the last one.
    @_lifetime(copy self)
    public mutating func next() throws(FieldError) -> EntityTag? {
        if isAny { return nil }
        cursor.skipBlanks()
        if !isFirst && !cursor.isAtEnd && cursor.current != 0x2C { throw .malformed }
        cursor.skipEmptyElements()
        if cursor.isAtEnd {
            if isFirst { throw .malformed }
            return nil
        }
        guard let tag = EntityTag.take(from: &cursor) else { throw .malformed }
        counted += 1
        if counted > Self.maximumTags { throw .tooMany }
        isFirst = false
        return tag
    }
}
