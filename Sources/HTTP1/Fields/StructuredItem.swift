import Bytes

/// A bare item of a structured field (RFC 9651 §3.3).
public enum StructuredItem: ~Escapable {
    /// At most 15 digits.
    case integer(Int64)
    /// In thousandths: at most 12 digits before and three behind the point.
    case decimal(thousandths: Int64)
    /// The inside of the quotes; backslashes are left in, and there are some only if the flag says so.
    case string(Span<UInt8>, hasEscapes: Bool)
    case token(Span<UInt8>)
    /// The base64 text between the colons: its alphabet is checked, its length and padding are not.
    case bytes(Span<UInt8>)
    case boolean(Bool)
    /// Seconds since 1970.
    case date(Int64)
    /// The inside of the quotes, still percent-encoded; what that decodes to need not be UTF-8.
    case displayString(Span<UInt8>)
}

/// A member of a list or dictionary.
public enum StructuredValue: ~Escapable {
    case item(StructuredItem)
    /// Its items follow by ``StructuredField/nextInner()``.
    case innerList
}

/// A parameter of an item or of an inner list.
public struct StructuredParameter: ~Escapable {
    public let name: Span<UInt8>
    public let value: StructuredItem

    @_lifetime(copy name, copy value)
    init(name: Span<UInt8>, value: consuming StructuredItem) {
        self.name = name
        self.value = value
    }
}

extension StructuredItem {
    /// Takes one bare item (RFC 9651 §4.2.3.1).
    @_lifetime(copy cursor)
    static func take(from cursor: inout FieldCursor) throws(FieldError) -> StructuredItem {
        switch cursor.current {
        case 0x2D, 0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39:
            return try number(&cursor)
        case 0x22: return try string(&cursor)
        case 0x3A: return try byteSequence(&cursor)
        case 0x3F: return try boolean(&cursor)
        case 0x40: return try date(&cursor)
        case 0x25: return try displayString(&cursor)
        default:
            guard let first = cursor.current, ASCII.isAlpha(first) || first == 0x2A else {
                throw .malformed
            }
            return .token(
                cursor.take { byte in ASCII.isToken(byte) || byte == 0x3A || byte == 0x2F })
        }
    }

    /// An integer or a decimal (§4.2.4).
    @_lifetime(copy cursor)
    private static func number(_ cursor: inout FieldCursor) throws(FieldError) -> StructuredItem {
        let sign: Int64 = cursor.take(0x2D) ? -1 : 1
        let whole = cursor.take(while: ASCII.isDigit)
        guard whole.count <= 15, let value = whole.decimalValue() else { throw .malformed }
        guard cursor.take(0x2E) else { return .integer(sign * value) }
        let fraction = cursor.take(while: ASCII.isDigit)
        guard whole.count <= 12, fraction.count <= 3, var rest = fraction.decimalValue() else {
            throw .malformed
        }
        for _ in fraction.count..<3 { rest *= 10 }
        return .decimal(thousandths: sign * (value * 1000 + rest))
    }

    /// A string (§4.2.5): printable ASCII, and a backslash before nothing but a quote or a backslash.
    @_lifetime(copy cursor)
    private static func string(_ cursor: inout FieldCursor) throws(FieldError) -> StructuredItem {
        guard let content = cursor.quotedString() else { throw .malformed }
        var hasEscapes = false
        var index = 0
        while index < content.count {
            let byte = content[index]
            guard byte >= 0x20, byte < 0x7F else { throw .malformed }
            if byte == 0x5C {
                hasEscapes = true
                index += 1
                guard content[index] == 0x22 || content[index] == 0x5C else { throw .malformed }
            }
            index += 1
        }
        return .string(content, hasEscapes: hasEscapes)
    }

    /// A byte sequence (§4.2.7).
    @_lifetime(copy cursor)
    private static func byteSequence(
        _ cursor: inout FieldCursor
    ) throws(FieldError) -> StructuredItem {
        guard cursor.take(0x3A) else { throw .malformed }
        let content = cursor.take { byte in
            ASCII.isAlpha(byte) || ASCII.isDigit(byte) || byte == 0x2B || byte == 0x2F
                || byte == 0x3D
        }
        guard cursor.take(0x3A) else { throw .malformed }
        return .bytes(content)
    }

    @_lifetime(copy cursor)
    private static func boolean(_ cursor: inout FieldCursor) throws(FieldError) -> StructuredItem {
        guard cursor.take(0x3F) else { throw .malformed }
        if cursor.take(0x31) { return .boolean(true) }
        guard cursor.take(0x30) else { throw .malformed }
        return .boolean(false)
    }

    /// A date (§4.2.9): an integer behind `@`.
    @_lifetime(copy cursor)
    private static func date(_ cursor: inout FieldCursor) throws(FieldError) -> StructuredItem {
        guard cursor.take(0x40), case .integer(let seconds) = try number(&cursor) else {
            throw .malformed
        }
        return .date(seconds)
    }

    /// A display string (§4.2.10): printable ASCII, all else as `%` and two lower-case hexadecimal digits.
    @_lifetime(copy cursor)
    private static func displayString(
        _ cursor: inout FieldCursor
    ) throws(FieldError) -> StructuredItem {
        guard cursor.take(0x25), cursor.take(0x22) else { throw .malformed }
        let content = cursor.take { byte in byte >= 0x20 && byte < 0x7F && byte != 0x22 }
        guard cursor.take(0x22) else { throw .malformed }
        var index = 0
        while index < content.count {
            if content[index] == 0x25 {
                guard index + 2 < content.count, isLowerHex(content[index + 1]),
                    isLowerHex(content[index + 2])
                else { throw .malformed }
                index += 2
            }
            index += 1
        }
        return .displayString(content)
    }

    private static func isLowerHex(_ byte: UInt8) -> Bool {
        ASCII.isDigit(byte) || (byte >= 0x61 && byte <= 0x66)
    }
}
