import Bytes
import JSON
import Posix

/// The configuration file: one JSON object with a member for each setting.
///
/// ```json
/// {"port": 8379, "max-memory": "2gb", "ordered-keys": true}
/// ```
enum ConfigurationFile {
    /// A thousand times what all settings take.
    static let sizeLimit = 1 << 20

    /// The settings of a file as texts, in the order in which they stand there.
    static func read(_ path: String) throws(ConfigurationError) -> [(name: String, text: String)] {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try Files.readAll(path, limit: sizeLimit)
        } catch {
            throw ConfigurationError("config", error.description)
        }
        do throws(JSONError) {
            return try members(of: bytes.span)
        } catch {
            throw ConfigurationError(path, message(for: error, in: bytes.span))
        }
    }

    private static func members(of bytes: Span<UInt8>) throws(JSONError) -> [(name: String, text: String)] {
        var members: [(name: String, text: String)] = []
        var reader = JSONReader(bytes)
        try reader.beginObject()
        while let name = try reader.nextMember() {
            members.append((text(name, reader), try value(&reader)))
        }
        try reader.finish()
        return members
    }

    /// A string, a number or a word as text; an array or an object as it stands there, which no setting can be.
    private static func value(_ reader: inout JSONReader) throws(JSONError) -> String {
        switch try reader.kind() {
        case .string: return text(try reader.string(), reader)
        case .number, .bool, .null, .array, .object:
            let slice = try reader.skipValue()
            return String(decoding: reader.bytes(of: slice).copied(), as: UTF8.self)
        }
    }

    private static func text(_ text: JSONText, _ reader: borrowing JSONReader) -> String {
        var buffer = IOBuffer()
        reader.append(text, into: &buffer)
        return String(decoding: buffer.readable.copied(), as: UTF8.self)
    }

    /// What is wrong, in which line, with the line's text: a configuration file holds no secrets.
    private static func message(for error: JSONError, in bytes: Span<UInt8>) -> String {
        var line = 1
        var start = 0
        for index in 0..<min(error.offset, bytes.count) where bytes[index] == ASCII.lineFeed {
            line += 1
            start = index + 1
        }
        var end = start
        while end < bytes.count, bytes[end] != ASCII.lineFeed { end += 1 }
        let shown = SettingFailure.quoted(String(decoding: bytes.extracting(start..<end).copied(), as: UTF8.self))
        return "line \(line), column \(error.offset - start + 1): \(error.reason.message) in \(shown)"
    }
}
