import Bytes

/// Walks over a structured field (RFC 9651 §4.2): an item, a list or a dictionary, whichever the field is defined as.
///
/// ```swift
/// var field = StructuredField(line)                          // Nuthatch-Fence: "deploy";token=8123
/// guard case .string(let lock, _) = try field.item() else { … }
/// while let parameter = try field.nextParameter() { … }
/// try field.finish()
///
/// var groups = StructuredField(line)                         // Cache-Groups: "a", "b"
/// while let member = try groups.nextListMember() { … }
/// ```
/// Parameters and inner lists that the caller does not read are read over, and checked, by the next call. Strict: what
/// the RFC's algorithm fails on is ``FieldError/malformed``. A list of several lines is read line by line; an empty
/// line is an empty list. Names given twice are both reported, of which the last one counts.
public struct StructuredField: ~Escapable {
    private var cursor: FieldCursor
    private var isStarted = false
    private var isInInnerList = false
    /// Set behind an inner list's item: a blank or the end of the list must come.
    private var needsBlank = false

    @_lifetime(copy field)
    public init(_ field: Span<UInt8>) { cursor = FieldCursor(field) }

    // MARK: Item

    /// The field's only item.
    @_lifetime(copy self)
    public mutating func item() throws(FieldError) -> StructuredItem {
        precondition(!isStarted, "a field has one item")
        isStarted = true
        cursor.skipSpaces()
        return try StructuredItem.take(from: &cursor)
    }

    /// Demands that nothing follows the item but its parameters.
    public mutating func finish() throws(FieldError) {
        try drain()
        cursor.skipSpaces()
        guard cursor.isAtEnd else { throw .malformed }
    }

    // MARK: List

    /// The next member of a list, nil behind the last one.
    @_lifetime(copy self)
    public mutating func nextListMember() throws(FieldError) -> StructuredValue? {
        guard try advanceToMember() else { return nil }
        return try value()
    }

    /// The next item of the inner list just met, nil behind its last one.
    @_lifetime(copy self)
    public mutating func nextInner() throws(FieldError) -> StructuredItem? {
        guard isInInnerList else { return nil }
        while try nextParameter() != nil {}
        if needsBlank && cursor.current != ASCII.space && cursor.current != 0x29 { throw .malformed }
        cursor.skipSpaces()
        if cursor.take(0x29) {
            isInInnerList = false
            needsBlank = false
            return nil
        }
        needsBlank = true
        return try StructuredItem.take(from: &cursor)
    }

    // MARK: Dictionary

    /// The name of the next member of a dictionary, nil behind the last one; its value comes by ``memberValue()``,
    /// which must be called before anything else.
    @_lifetime(copy self)
    public mutating func nextMemberName() throws(FieldError) -> Span<UInt8>? {
        guard try advanceToMember() else { return nil }
        return try key()
    }

    /// The value of the member just named; true where it was left out.
    @_lifetime(copy self)
    public mutating func memberValue() throws(FieldError) -> StructuredValue {
        guard cursor.take(0x3D) else { return .item(.boolean(true)) }
        return try value()
    }

    // MARK: Parameters

    /// The next parameter of the item just read, or of the inner list just ended; nil behind the last one.
    @_lifetime(copy self)
    public mutating func nextParameter() throws(FieldError) -> StructuredParameter? {
        guard cursor.take(0x3B) else { return nil }
        cursor.skipSpaces()
        let name = try key()
        guard cursor.take(0x3D) else { return StructuredParameter(name: name, value: .boolean(true)) }
        return StructuredParameter(name: name, value: try StructuredItem.take(from: &cursor))
    }

    // MARK: Grammar

    @_lifetime(copy self)
    private mutating func value() throws(FieldError) -> StructuredValue {
        guard cursor.take(0x28) else { return .item(try StructuredItem.take(from: &cursor)) }
        isInInnerList = true
        needsBlank = false
        return .innerList
    }

    /// True before a member, false at the end of the field.
    private mutating func advanceToMember() throws(FieldError) -> Bool {
        guard isStarted else {
            isStarted = true
            cursor.skipSpaces()
            return !cursor.isAtEnd
        }
        try drain()
        cursor.skipBlanks()
        if cursor.isAtEnd { return false }
        guard cursor.take(0x2C) else { throw .malformed }
        cursor.skipBlanks()
        if cursor.isAtEnd { throw .malformed }
        return true
    }

    /// Reads over what is left of the last member.
    private mutating func drain() throws(FieldError) {
        while try nextInner() != nil {}
        while try nextParameter() != nil {}
    }

    /// A key (RFC 9651 §4.2.3.3).
    @_lifetime(copy self)
    private mutating func key() throws(FieldError) -> Span<UInt8> {
        guard let first = cursor.current, Self.isLower(first) || first == 0x2A else {
            throw .malformed
        }
        return cursor.take { byte in
            Self.isLower(byte) || ASCII.isDigit(byte) || byte == 0x5F || byte == 0x2D
                || byte == 0x2E || byte == 0x2A
        }
    }

    private static func isLower(_ byte: UInt8) -> Bool { byte >= 0x61 && byte <= 0x7A }
}

extension StructuredField {
    /// Appends what the inside of a string means: without the backslashes.
    public static func append(unescaping content: Span<UInt8>, into buffer: inout IOBuffer) {
        var index = 0
        while index < content.count {
            if content[index] == 0x5C && index + 1 < content.count { index += 1 }
            buffer.append(content[index])
            index += 1
        }
    }

    /// Appends `text` as a string with its quotes; every byte must be printable ASCII.
    public static func append(string text: Span<UInt8>, into buffer: inout IOBuffer) {
        buffer.append(0x22)
        for index in text.indices {
            let byte = text[index]
            precondition(byte >= 0x20 && byte < 0x7F, "a structured string is printable ASCII")
            if byte == 0x22 || byte == 0x5C { buffer.append(0x5C) }
            buffer.append(byte)
        }
        buffer.append(0x22)
    }
}
