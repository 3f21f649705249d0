import Bytes

/// Reading what a caller expects: each function takes one value and fails when it is of another kind.
extension JSONReader {
    package mutating func beginObject() throws(JSONError) {
        guard try next() == .beginObject else { throw failed(.expectedObject) }
    }

    package mutating func beginArray() throws(JSONError) {
        guard try next() == .beginArray else { throw failed(.expectedArray) }
    }

    /// The name of the next member of the innermost object, nil behind the last one (the object is then closed).
    /// The value of the member before must have been read or skipped.
    package mutating func nextMember() throws(JSONError) -> JSONText? {
        if let failure { throw failure }
        precondition(isInObject && expected != .value, "nextMember where no member can begin")
        if case .name(let text) = try next() { return text }
        return nil
    }

    /// True before the next element of the innermost array, false behind the last one (the array is then closed).
    package mutating func nextElement() throws(JSONError) -> Bool {
        if let failure { throw failure }
        precondition(
            depth > 0 && !isInObject && expected != .value, "nextElement where no element can begin")
        return try guarded { reader throws(JSONError) in try reader.advanceToElement() }
    }

    private mutating func advanceToElement() throws(JSONError) -> Bool {
        skipBlanks()
        guard let byte = current else { throw JSONError(.unexpectedEnd, at: position) }
        if byte == 0x5D {
            closeArray()
            return false
        }
        if expected == .separator {
            guard byte == 0x2C else { throw JSONError(.unexpectedByte, at: position) }
            position += 1
        }
        expected = .value
        return true
    }

    /// What the value about to be read is, by its first byte.
    package mutating func kind() throws(JSONError) -> JSONKind {
        try guarded { reader throws(JSONError) in
            reader.skipBlanks()
            guard let byte = reader.current else {
                throw JSONError(.unexpectedEnd, at: reader.position)
            }
            switch byte {
            case 0x7B: return .object
            case 0x5B: return .array
            case 0x22: return .string
            case 0x2D, 0x30...0x39: return .number
            case 0x74, 0x66: return .bool
            case 0x6E: return .null
            default: throw JSONError(.unexpectedByte, at: reader.position)
            }
        }
    }

    package mutating func string() throws(JSONError) -> JSONText {
        guard case .string(let text) = try next() else { throw failed(.expectedString) }
        return text
    }

    package mutating func bool() throws(JSONError) -> Bool {
        guard case .bool(let value) = try next() else { throw failed(.expectedBool) }
        return value
    }

    /// An exact integer: `1.0` and `1e3` are none, whatever they are worth.
    package mutating func integer() throws(JSONError) -> Int64 {
        guard case .number(let number) = try next() else { throw failed(.expectedInteger) }
        return try integer(number)
    }

    /// The exact value of a number, which must have neither fraction nor exponent.
    package mutating func integer(_ number: JSONNumber) throws(JSONError) -> Int64 {
        guard number.isInteger else { throw failed(.expectedInteger) }
        let digits = input.extracting(number.raw)
        let isNegative = digits[0] == 0x2D
        var value: Int64 = 0
        for index in (isNegative ? 1 : 0)..<digits.count {
            let digit = Int64(digits[index] &- 0x30)
            let (scaled, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = scaled.addingReportingOverflow(isNegative ? -digit : digit)
            if overflow || carry { throw failed(.integerOutOfRange) }
            value = sum
        }
        return value
    }

    /// Reads over one value, checking all of it, and returns its bytes as they were sent.
    @discardableResult
    package mutating func skipValue() throws(JSONError) -> ByteSlice {
        if let failure { throw failure }
        precondition(expected == .value, "skipValue where no value can begin")
        let outside = depth
        _ = try next()
        let start = tokenStart
        while depth > outside { _ = try next() }
        return ByteSlice(start: start, count: position - start)
    }

    /// Demands that the text holds nothing more but blanks. Only now is it known to be good.
    package mutating func finish() throws(JSONError) {
        if let failure { throw failure }
        precondition(depth == 0 && expected == .separator, "finish before the value was read")
        _ = try next()
    }

    /// The last token is not what was asked for.
    private mutating func failed(_ reason: JSONError.Reason) -> JSONError {
        let error = JSONError(reason, at: tokenStart)
        failure = error
        return error
    }
}
