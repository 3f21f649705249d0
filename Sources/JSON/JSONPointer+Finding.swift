import Bytes

extension JSONPointer {
    /// Not the syntax of RFC 6901 §3: a pointer is empty or begins with a slash, and after each `~` follows 0 or 1.
    package struct Malformed: Error, Sendable, Equatable {
        package init() {}
    }

    /// Where the value that `pointer` names lies in `document`, which must be JSON; nil when there is none. `-` and
    /// indices beyond an array name nothing.
    /// - Complexity: O(bytes of both), without allocating for the document.
    package static func find(
        _ pointer: Span<UInt8>, in document: Span<UInt8>
    ) throws(Malformed) -> ByteSlice? {
        guard isWellFormed(pointer) else { throw Malformed() }
        var reader = JSONReader(document)
        var tokens = PointerTokens(pointer)
        var token = IOBuffer()
        while (try? tokens.next(into: &token)) == true {
            guard (try? descend(token.readable, &reader)) == true else { return nil }
        }
        return try? reader.skipValue()
    }

    /// Whether the syntax is that of RFC 6901 §3.
    package static func isWellFormed(_ pointer: Span<UInt8>) -> Bool {
        var tokens = PointerTokens(pointer)
        var token = IOBuffer()
        do {
            while try tokens.next(into: &token) {}
            return true
        } catch {
            return false
        }
    }

    /// Moves to the child of the value about to be read that a token names; false without one.
    private static func descend(
        _ token: Span<UInt8>, _ reader: inout JSONReader
    ) throws(JSONError) -> Bool {
        switch try reader.kind() {
        case .object:
            try reader.beginObject()
            while let name = try reader.nextMember() {
                if reader.means(name, token) { return true }
                try reader.skipValue()
            }
            return false
        case .array:
            guard let index = PointerTokens.arrayIndex(token) else { return false }
            try reader.beginArray()
            for _ in 0..<index {
                guard try reader.nextElement() else { return false }
                try reader.skipValue()
            }
            return try reader.nextElement()
        default: return false
        }
    }
}

extension JSONReader {
    /// True when the string means exactly these bytes.
    fileprivate func means(_ text: JSONText, _ other: Span<UInt8>) -> Bool {
        var bytes = UnescapedBytes(text, of: input)
        for index in other.indices where bytes.next() != other[index] { return false }
        return bytes.next() == nil
    }
}
