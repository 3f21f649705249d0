import Bytes
import CacheModel
import HTTP1
import JSON
import PubSub

/// `{"history":{"count":1000,"age":"1h","bytes":8388608}}`, read and written.
enum HistoryText {
    /// Reads a declaration; an empty body, and every member that is missing, means the default.
    static func read(_ body: Span<UInt8>) throws(Problem) -> HistorySettings {
        var settings = HistorySettings()
        guard !body.isEmpty else { return settings }
        do throws(JSONError) {
            var reader = JSONReader(body)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                guard reader.matches(name, "history") else { throw JSONError(.unexpectedByte, at: -1) }
                try reader.beginObject()
                while let member = try reader.nextMember() { try read(member, from: &reader, into: &settings) }
            }
            try reader.finish()
        } catch {
            switch error.offset {
            case -1: throw .badRequest("a topic has a history with count, age and bytes, nothing else")
            case -2: throw .badRequest("history.age is a duration such as 1h, or whole seconds")
            default: throw .badRequest(error.reason.message)
            }
        }
        guard settings.count >= 0 && settings.count <= HistorySettings.mostEvents else {
            throw .badRequest("history.count is 0 to 1000000")
        }
        guard settings.bytes >= 0 && settings.bytes <= HistorySettings.mostBytes else {
            throw .badRequest("history.bytes is 0 to 1073741824")
        }
        return settings
    }

    private static func read(
        _ member: JSONText, from reader: inout JSONReader, into settings: inout HistorySettings
    ) throws(JSONError) {
        if reader.matches(member, "count") {
            settings.count = Int(try reader.integer())
        } else if reader.matches(member, "bytes") {
            settings.bytes = Int(try reader.integer())
        } else if reader.matches(member, "age") {
            var text = IOBuffer()
            if try reader.kind() == .string {
                reader.append(try reader.string(), into: &text)
            } else {
                text.append(decimal: try reader.integer())
            }
            guard let age = try? DurationText.parse(text.readable), age.jitterPercent == 0 else {
                throw JSONError(.unexpectedByte, at: -2)
            }
            settings.age = age.milliseconds
        } else {
            throw JSONError(.unexpectedByte, at: -1)
        }
    }

    static func append(_ settings: HistorySettings, json: inout JSONWriter, into out: inout IOBuffer) {
        json.beginObject(into: &out)
        json.member("count", integer: settings.count, into: &out)
        json.member("age_ms", integer: settings.age, into: &out)
        json.member("bytes", integer: settings.bytes, into: &out)
        json.endObject(into: &out)
    }
}
