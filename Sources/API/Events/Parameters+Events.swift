import Bytes
import HTTP1
import JSON

extension Parameters {
    /// Reads the parameters of a stream or a ticket from a JSON object: a list where a query repeats, and `topics` and
    /// `patterns` as other names of `topic` and `match`.
    mutating func readEventsJSON(
        _ body: Span<UInt8>, allowing allowed: ParameterSet, noted: inout IOBuffer
    ) throws(Problem) {
        do throws(JSONError) {
            var reader = JSONReader(body)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                guard let parameter = Self.eventsParameter(named: name, in: reader), allowed.contains(parameter),
                    !has(parameter)
                else {
                    throw Self.refusal(of: name, in: reader, noted: &noted)
                }
                try readEventsValue(of: parameter, from: &reader)
            }
            try reader.finish()
        } catch {
            if error.offset == -1 { throw Problem(.badParameter, "unknown here, or given twice", .notedParameter) }
            throw .badRequest(error.reason.message)
        }
    }

    private static func eventsParameter(named name: JSONText, in reader: borrowing JSONReader) -> Parameter? {
        if reader.matches(name, "topics") { return .topic }
        if reader.matches(name, "patterns") { return .match }
        return parameter(named: name, in: reader)
    }

    private mutating func readEventsValue(
        of parameter: Parameter, from reader: inout JSONReader
    ) throws(JSONError) {
        guard EventsWish.repeatable.contains(parameter), try reader.kind() == .array else {
            return try readOne(parameter, from: &reader)
        }
        try reader.beginArray()
        while try reader.nextElement() { try readOne(parameter, from: &reader) }
    }

    private mutating func readOne(_ parameter: Parameter, from reader: inout JSONReader) throws(JSONError) {
        let value = try Self.readText(from: &reader)
        addRepeatable(parameter, value.readable)
    }
}
