/// Why a text is not the JSON that was asked for, and where.
package struct JSONError: Error, Sendable, Equatable {
    /// The index of the first byte that could not be taken, or of the token that was of the wrong kind.
    package var offset: Int
    package var reason: Reason

    package init(_ reason: Reason, at offset: Int) {
        self.offset = offset
        self.reason = reason
    }

    package enum Reason: Sendable, Equatable, CaseIterable {
        case unexpectedEnd
        case unexpectedByte
        case trailingBytes
        case tooDeep
        case invalidUTF8
        case controlCharacter
        case badEscape
        case loneSurrogate
        case badNumber
        case numberTooLong
        case duplicateMember
        case tooManyMembers
        case expectedObject
        case expectedArray
        case expectedString
        case expectedInteger
        case expectedBool
        case integerOutOfRange

        /// One clause for the person who sent the text.
        package var message: StaticString {
            switch self {
            case .unexpectedEnd: "the JSON text ends too early"
            case .unexpectedByte: "a byte that JSON does not allow here"
            case .trailingBytes: "bytes after the end of the JSON value"
            case .tooDeep: "arrays and objects nested deeper than 64"
            case .invalidUTF8: "a string that is not valid UTF-8"
            case .controlCharacter: "a control character in a string must be escaped"
            case .badEscape: "an escape that JSON does not know"
            case .loneSurrogate: "half of a surrogate pair in a string"
            case .badNumber: "a malformed number"
            case .numberTooLong: "a number of more than 64 digits"
            case .duplicateMember: "an object has two members of one name"
            case .tooManyMembers: "objects with more than 65536 members"
            case .expectedObject: "an object is expected"
            case .expectedArray: "an array is expected"
            case .expectedString: "a string is expected"
            case .expectedInteger: "an integer without fraction or exponent is expected"
            case .expectedBool: "true or false is expected"
            case .integerOutOfRange: "an integer outside the range of 64 bits"
            }
        }
    }
}
