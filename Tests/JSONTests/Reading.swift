import Bytes
import JSON

/// What a whole text reads as: one word a token, or why it failed and where.
func read(_ text: String) -> String { read(Array(text.utf8)) }

func read(_ bytes: [UInt8]) -> String {
    var reader = JSONReader(bytes.span)
    var words: [String] = []
    do {
        while true {
            let token = try reader.next()
            if token == .end { return words.joined(separator: " ") }
            words.append(word(for: token, in: reader))
        }
    } catch {
        return "\(error.reason)@\(error.offset)"
    }
}

private func word(for token: JSONToken, in reader: borrowing JSONReader) -> String {
    switch token {
    case .beginObject: "{"
    case .endObject: "}"
    case .beginArray: "["
    case .endArray: "]"
    case .name(let text): string(text, in: reader) + ":"
    case .string(let text): "'" + string(text, in: reader) + "'"
    case .number(let number): String(decoding: reader.bytes(of: number.raw).copied(), as: UTF8.self)
    case .bool(let value): "\(value)"
    case .null: "null"
    case .end: "."
    }
}

func string(_ text: JSONText, in reader: borrowing JSONReader) -> String {
    var buffer = IOBuffer()
    reader.append(text, into: &buffer)
    precondition(reader.unescapedCount(of: text) == buffer.count)
    return String(decoding: buffer.readable.copied(), as: UTF8.self)
}

/// The error that `step` ends in as `reason@offset`, or "ok".
func failure(
    of text: String, _ step: (inout JSONReader) throws(JSONError) -> Void
) -> String {
    let bytes = Array(text.utf8)
    var reader = JSONReader(bytes.span)
    do {
        try step(&reader)
        return "ok"
    } catch {
        return "\(error.reason)@\(error.offset)"
    }
}

/// Every prefix of a text that only its last byte completes is cut short, never misread.
func survivesEveryPrefix(_ bytes: [UInt8]) -> Bool {
    for length in 0..<bytes.count where !read(Array(bytes[..<length])).contains("@") {
        return false
    }
    return true
}
