import Bytes

/// One step through a JSON text.
package enum JSONToken: Sendable, Equatable {
    case beginObject
    case endObject
    case beginArray
    case endArray
    /// The name of a member; its value is the next token.
    case name(JSONText)
    case string(JSONText)
    case number(JSONNumber)
    case bool(Bool)
    case null
    /// The text has been read to its last byte.
    case end
}

/// What a value is, seen before it is read.
package enum JSONKind: Sendable, Equatable { case object, array, string, number, bool, null }

/// A string of the input: well-formed, and unescaped only when someone asks for its bytes.
package struct JSONText: Sendable, Equatable {
    /// The bytes between the quotes, as they were sent.
    package var raw: ByteSlice
    /// True when the raw bytes hold a backslash and so differ from what they mean.
    package var hasEscapes: Bool
}

/// A number of the input: its text fits RFC 8259 §6 and is kept, for a double would lose digits.
package struct JSONNumber: Sendable, Equatable {
    package var raw: ByteSlice
    /// True without fraction and exponent.
    package var isInteger: Bool
}
