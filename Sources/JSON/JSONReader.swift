import Bytes

/// Walks through a JSON text (RFC 8259) token by token, without allocating and without a tree.
///
/// ```swift
/// var reader = JSONReader(body)
/// try reader.beginObject()
/// while let name = try reader.nextMember() {
///     if reader.matches(name, "key") {
///         reader.append(try reader.string(), into: &key)
///     } else if reader.matches(name, "limit") {
///         limit = try reader.integer()
///     } else {
///         throw unknownMember(name)
///     }
/// }
/// try reader.finish()
/// ```
/// Strict where the RFC leaves room: strings are valid UTF-8 without half surrogate pairs, no two members of one object
/// have the same name (escapes undone), nothing but blanks follows the value, a byte order mark is an error, and
/// ``JSONLimits`` holds. A caller applies nothing before ``finish()`` has returned.
///
/// One machine word is the stack: bit *n* says whether the container at depth *n* is an object. Nothing recurses.
/// After an error the reader repeats it.
/// - Complexity: O(bytes), duplicates included: see ``MemberNames``.
package struct JSONReader: ~Escapable {
    /// The text; slices of tokens lie in it.
    let input: Span<UInt8>
    /// The index of the next byte to look at.
    var position = 0
    /// Where the last token began.
    package internal(set) var tokenStart = 0
    var expected: Expectation = .value
    /// How many containers are open.
    package private(set) var depth = 0
    private var objects: UInt64 = 0
    private var names = MemberNames()
    /// Set by the first error, and thrown by every later call.
    var failure: JSONError?

    enum Expectation { case value, firstElement, firstName, separator }

    @_lifetime(copy input)
    package init(_ input: Span<UInt8>) {
        self.input = input
    }

    /// Takes the next token; ``JSONToken/end`` when only blanks are left behind the value.
    package mutating func next() throws(JSONError) -> JSONToken {
        try guarded { reader throws(JSONError) in try reader.advance() }
    }

    /// Runs `step`, and makes its failure the reader's for good.
    mutating func guarded<Result>(
        _ step: (inout JSONReader) throws(JSONError) -> Result
    ) throws(JSONError) -> Result {
        if let failure { throw failure }
        do {
            return try step(&self)
        } catch {
            failure = error
            throw error
        }
    }

    // MARK: Grammar

    private mutating func advance() throws(JSONError) -> JSONToken {
        skipBlanks()
        switch expected {
        case .value: return try value()
        case .firstElement: return current == 0x5D ? close() : try value()
        case .firstName: return current == 0x7D ? close() : try name()
        case .separator: return try separator()
        }
    }

    /// What may follow a value: a comma, the end of its container, or at the top nothing.
    private mutating func separator() throws(JSONError) -> JSONToken {
        guard depth > 0 else {
            guard position == input.count else { throw JSONError(.trailingBytes, at: position) }
            tokenStart = position
            return .end
        }
        guard let byte = current else { throw JSONError(.unexpectedEnd, at: position) }
        if byte == (isInObject ? 0x7D : 0x5D) { return close() }
        guard byte == 0x2C else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
        skipBlanks()
        return isInObject ? try name() : try value()
    }

    private mutating func value() throws(JSONError) -> JSONToken {
        guard let byte = current else { throw JSONError(.unexpectedEnd, at: position) }
        tokenStart = position
        let token: JSONToken
        switch byte {
        case 0x22: token = .string(try stringToken())
        case 0x7B: return try open(object: true)
        case 0x5B: return try open(object: false)
        case 0x2D, 0x30...0x39: token = .number(try numberToken())
        case 0x74:
            try word("true")
            token = .bool(true)
        case 0x66:
            try word("false")
            token = .bool(false)
        case 0x6E:
            try word("null")
            token = .null
        default: throw JSONError(.unexpectedByte, at: position)
        }
        expected = .separator
        return token
    }

    /// A member's name and the colon behind it.
    private mutating func name() throws(JSONError) -> JSONToken {
        guard let byte = current else { throw JSONError(.unexpectedEnd, at: position) }
        guard byte == 0x22 else { throw JSONError(.unexpectedByte, at: position) }
        tokenStart = position
        let text = try stringToken()
        if let reason = names.insert(text, of: input) { throw JSONError(reason, at: tokenStart) }
        skipBlanks()
        guard let colon = current else { throw JSONError(.unexpectedEnd, at: position) }
        guard colon == 0x3A else { throw JSONError(.unexpectedByte, at: position) }
        position += 1
        expected = .value
        return .name(text)
    }

    private mutating func open(object: Bool) throws(JSONError) -> JSONToken {
        guard depth < JSONLimits.depth else { throw JSONError(.tooDeep, at: position) }
        let bit: UInt64 = 1 &<< UInt64(depth)
        if object {
            guard names.openObject() else { throw JSONError(.tooManyMembers, at: position) }
            objects |= bit
        } else {
            objects &= ~bit
        }
        depth += 1
        position += 1
        expected = object ? .firstName : .firstElement
        return object ? .beginObject : .beginArray
    }

    private mutating func close() -> JSONToken {
        let wasObject = isInObject
        tokenStart = position
        position += 1
        depth -= 1
        expected = .separator
        if wasObject { names.closeObject() }
        return wasObject ? .endObject : .endArray
    }

    /// Closes the array whose `]` is the current byte.
    mutating func closeArray() { _ = close() }

    var isInObject: Bool { depth > 0 && objects & (1 &<< UInt64(depth - 1)) != 0 }

    var current: UInt8? { position < input.count ? input[position] : nil }

    mutating func skipBlanks() {
        while position < input.count {
            switch input[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }
}
