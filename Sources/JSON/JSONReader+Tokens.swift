import Bytes

/// The grammar of strings, numbers and words. Each function begins at the first byte of its token and ends behind it.
extension JSONReader {
    mutating func word(_ text: StaticString) throws(JSONError) {
        let rest = input.extracting(position..<input.count)
        guard rest.starts(with: text) else {
            let isCut = rest.count < text.utf8CodeUnitCount
            throw JSONError(isCut ? .unexpectedEnd : .unexpectedByte, at: position)
        }
        position += text.utf8CodeUnitCount
    }

    /// A string (RFC 8259 §7), checked byte for byte so that nothing can fail when it is unescaped.
    mutating func stringToken() throws(JSONError) -> JSONText {
        let start = position + 1
        var index = start
        var hasEscapes = false
        while index < input.count {
            let byte = input[index]
            if byte == 0x22 {
                position = index + 1
                return JSONText(
                    raw: ByteSlice(start: start, count: index - start), hasEscapes: hasEscapes)
            } else if byte == 0x5C {
                hasEscapes = true
                index = try escapeEnd(at: index)
            } else if byte < 0x20 {
                throw JSONError(.controlCharacter, at: index)
            } else if byte < 0x80 {
                index += 1
            } else {
                let length = UTF8Sequence.length(in: input, at: index)
                guard length > 0 else { throw JSONError(.invalidUTF8, at: index) }
                index += length
            }
        }
        throw JSONError(.unexpectedEnd, at: input.count)
    }

    /// The index behind the escape at `index`; a surrogate pair counts as one escape.
    private func escapeEnd(at index: Int) throws(JSONError) -> Int {
        guard index + 1 < input.count else { throw JSONError(.unexpectedEnd, at: input.count) }
        switch input[index + 1] {
        case 0x22, 0x5C, 0x2F, 0x62, 0x66, 0x6E, 0x72, 0x74: return index + 2
        case 0x75: break
        default: throw JSONError(.badEscape, at: index)
        }
        let unit = try codeUnit(at: index)
        guard unit & 0xF800 == 0xD800 else { return index + 6 }
        guard unit < 0xDC00, index + 7 < input.count,
            input[index + 6] == 0x5C, input[index + 7] == 0x75
        else { throw JSONError(.loneSurrogate, at: index) }
        guard try codeUnit(at: index + 6) & 0xFC00 == 0xDC00 else {
            throw JSONError(.loneSurrogate, at: index)
        }
        return index + 12
    }

    /// The value of `\uXXXX` at `index`.
    private func codeUnit(at index: Int) throws(JSONError) -> UInt16 {
        guard index + 5 < input.count else { throw JSONError(.unexpectedEnd, at: input.count) }
        guard let unit = JSONText.codeUnit(in: input, at: index + 2) else {
            throw JSONError(.badEscape, at: index)
        }
        return unit
    }

    /// A number (RFC 8259 §6).
    mutating func numberToken() throws(JSONError) -> JSONNumber {
        let start = position
        var digits = 0
        if current == 0x2D { position += 1 }
        if current == 0x30 {
            position += 1
            digits = 1
        } else {
            try takeDigits(&digits)
        }
        var isInteger = true
        if current == 0x2E {
            isInteger = false
            position += 1
            try takeDigits(&digits)
        }
        if current == 0x65 || current == 0x45 {
            isInteger = false
            position += 1
            if current == 0x2B || current == 0x2D { position += 1 }
            try takeDigits(&digits)
        }
        if let byte = current, ASCII.isDigit(byte) { throw JSONError(.badNumber, at: position) }
        return JSONNumber(
            raw: ByteSlice(start: start, count: position - start), isInteger: isInteger)
    }

    /// One digit or more; `digits` counts those of the whole number.
    private mutating func takeDigits(_ digits: inout Int) throws(JSONError) {
        let before = digits
        while let byte = current, ASCII.isDigit(byte) {
            digits += 1
            if digits > JSONLimits.numberDigits { throw JSONError(.numberTooLong, at: position) }
            position += 1
        }
        if digits == before {
            throw JSONError(current == nil ? .unexpectedEnd : .badNumber, at: position)
        }
    }
}
