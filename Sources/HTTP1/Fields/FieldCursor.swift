import Bytes

/// Walks over one field value: the words that the grammars of RFC 9110 §5.6 are made of.
///
/// A taker that finds nothing of its kind answers nil and does not move.
struct FieldCursor: ~Escapable {
    let bytes: Span<UInt8>
    private(set) var position = 0

    @_lifetime(copy bytes)
    init(_ bytes: Span<UInt8>) { self.bytes = bytes }

    var isAtEnd: Bool { position == bytes.count }
    var current: UInt8? { position < bytes.count ? bytes[position] : nil }

    /// Optional white space (RFC 9110 §5.6.3): SP and HTAB, nothing else.
    mutating func skipBlanks() {
        while let byte = current, byte == ASCII.space || byte == ASCII.tab { position += 1 }
    }

    mutating func skipSpaces() {
        while current == ASCII.space { position += 1 }
    }

    /// The empty elements a list may hold (§5.6.1.2), and the commas around them.
    mutating func skipEmptyElements() {
        while let byte = current, byte == 0x2C || byte == ASCII.space || byte == ASCII.tab {
            position += 1
        }
    }

    mutating func take(_ byte: UInt8) -> Bool {
        guard current == byte else { return false }
        position += 1
        return true
    }

    /// The longest run of bytes that `belongs` accepts, which may be empty.
    @_lifetime(copy self)
    mutating func take(while belongs: (UInt8) -> Bool) -> Span<UInt8> {
        let start = position
        while let byte = current, belongs(byte) { position += 1 }
        return bytes.extracting(start..<position)
    }

    /// The value of exactly `count` digits; at most 18.
    mutating func number(ofDigits count: Int) -> Int? {
        guard bytes.count - position >= count else { return nil }
        var value = 0
        for index in position..<position + count {
            guard ASCII.isDigit(bytes[index]) else { return nil }
            value = value * 10 + Int(bytes[index] - 0x30)
        }
        position += count
        return value
    }

    /// A token (§5.6.2).
    @_lifetime(copy self)
    mutating func token() -> Span<UInt8>? {
        let taken = take(while: ASCII.isToken)
        return taken.isEmpty ? nil : taken
    }

    /// What stands between the quotes of a quoted string (§5.6.4), its backslashes left in.
    @_lifetime(copy self)
    mutating func quotedString() -> Span<UInt8>? {
        guard current == 0x22 else { return nil }
        var index = position + 1
        while index < bytes.count {
            switch bytes[index] {
            case 0x22:
                let content = bytes.extracting(position + 1..<index)
                position = index + 1
                return content
            case 0x5C:
                guard index + 1 < bytes.count, Self.isText(bytes[index + 1]) else { return nil }
                index += 2
            case let byte:
                guard Self.isText(byte) else { return nil }
                index += 1
            }
        }
        return nil
    }

    /// A token or the inside of a quoted string.
    @_lifetime(copy self)
    mutating func word() -> Span<UInt8>? {
        if let quoted = quotedString() { return quoted }
        return token()
    }

    /// Moves to the comma that ends this list element, or to the end; a comma inside a quoted string ends nothing.
    mutating func skipElement() {
        while let byte = current, byte != 0x2C {
            if byte != 0x22 || quotedString() == nil { position += 1 }
        }
    }

    /// The next `; name=value` of the element (§5.6.6), nil when none follows. Empty ones are passed over.
    ///
    /// - Parameter bare: a parameter may lack its value (RFC 7240); the value is then empty.
    @_lifetime(copy self)
    mutating func parameter(allowingBare bare: Bool = false) throws(FieldError) -> FieldParameter? {
        skipBlanks()
        while take(0x3B) {
            skipBlanks()
            guard let name = token() else {
                if current == nil || current == 0x3B || current == 0x2C { continue }
                throw .malformed
            }
            if bare { skipBlanks() }
            guard take(0x3D) else {
                guard bare else { throw .malformed }
                return FieldParameter(name: name, value: bytes.extracting(position..<position))
            }
            if bare { skipBlanks() }
            guard let value = word() else { throw .malformed }
            return FieldParameter(name: name, value: value)
        }
        return nil
    }

    /// A byte that may stand in a quoted string: HTAB, SP, visible ASCII, 0x80 to 0xFF.
    static func isText(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte != 0x7F) || byte == ASCII.tab }
}

/// A `name=value` of a list element. Of a quoted value the inside, with its backslashes.
struct FieldParameter: ~Escapable {
    let name: Span<UInt8>
    let value: Span<UInt8>

    @_lifetime(copy name, copy value)
    init(name: Span<UInt8>, value: Span<UInt8>) {
        self.name = name
        self.value = value
    }
}
