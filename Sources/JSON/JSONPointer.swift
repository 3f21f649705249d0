import Bytes

/// The place of a byte in a JSON text as a JSON Pointer (RFC 6901), for telling people where they went wrong.
///
/// Reads the text again from its start: it costs nothing until something has failed.
package enum JSONPointer {
    private enum Step {
        /// In an array, at this element.
        case element(Int)
        /// In an object, before a member.
        case object
        case member(JSONText)
    }

    /// Appends the pointer of the innermost value or member that begins at, or holds, the byte at `offset`.
    package static func append(
        placeOf offset: Int, in input: Span<UInt8>, into buffer: inout IOBuffer
    ) {
        var reader = JSONReader(input)
        var path: [Step] = []
        while let token = try? reader.next(), token != .end {
            let isThere = reader.tokenStart >= offset
            if case .name(let text) = token {
                path[path.count - 1] = .member(text)
            }
            if isThere {
                if token == .endObject || token == .endArray { path.removeLast() }
                break
            }
            follow(token, &path)
        }
        for step in path {
            switch step {
            case .element(let index):
                buffer.append(0x2F)
                buffer.append(decimal: index)
            case .member(let text):
                buffer.append(0x2F)
                append(text, of: input, into: &buffer)
            case .object: break
            }
        }
    }

    private static func follow(_ token: JSONToken, _ path: inout [Step]) {
        switch token {
        case .beginObject: return path.append(.object)
        case .beginArray: return path.append(.element(0))
        case .name, .end: return
        case .endObject, .endArray: path.removeLast()
        case .string, .number, .bool, .null: break
        }
        switch path.last {
        case .element(let index): path[path.count - 1] = .element(index + 1)
        case .member: path[path.count - 1] = .object
        case .object, nil: break
        }
    }

    /// A member's name with `~` and `/` escaped (RFC 6901 §3).
    private static func append(_ name: JSONText, of input: Span<UInt8>, into buffer: inout IOBuffer) {
        var bytes = UnescapedBytes(name, of: input)
        while let byte = bytes.next() {
            switch byte {
            case 0x7E: buffer.append("~0")
            case 0x2F: buffer.append("~1")
            default: buffer.append(byte)
            }
        }
    }
}
