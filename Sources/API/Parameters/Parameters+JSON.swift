import Bytes
import CacheModel
import HTTP1
import JSON

extension Parameters {
    /// Reads parameters from a JSON object: strings, whole numbers, true and false, by the same names and rules as in a
    /// query.
    mutating func readJSON(
        _ body: Span<UInt8>, allowing allowed: ParameterSet, noted: inout IOBuffer
    ) throws(Problem) {
        do throws(JSONError) {
            var reader = JSONReader(body)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                guard let parameter = Self.parameter(named: name, in: reader), allowed.contains(parameter),
                    parameter != .op, parameter != .key64
                else {
                    throw Self.refusal(of: name, in: reader, noted: &noted)
                }
                try readValue(of: parameter, from: &reader)
            }
            try reader.finish()
        } catch {
            if error.offset == -1 { throw Problem(.badParameter, "the body takes no such member", .notedParameter) }
            throw .badRequest(error.reason.message)
        }
    }

    /// Reads a line of a bulk request: parameters, and the name they are about as `name` or `name64`.
    ///
    /// - Parameter name: gets the name appended.
    mutating func readLine(
        _ line: Span<UInt8>, allowing allowed: ParameterSet, name: inout IOBuffer, noted: inout IOBuffer
    ) throws(Problem) {
        var hasName = false
        var refusal: Problem?
        let start = name.count
        do throws(JSONError) {
            var reader = JSONReader(line)
            try reader.beginObject()
            while let member = try reader.nextMember() {
                if reader.matches(member, "name") || reader.matches(member, "name64") {
                    if hasName { refusal = refusal ?? .badRequest("exactly one of name and name64") }
                    hasName = true
                    let text = try reader.string()
                    if reader.matches(member, "name") {
                        reader.append(text, into: &name)
                    } else if !Base64Member.decode(text, of: reader, into: &name) {
                        refusal = refusal ?? .badRequest("name64 is not base64")
                    }
                } else if let parameter = Self.parameter(named: member, in: reader), allowed.contains(parameter) {
                    try readValue(of: parameter, from: &reader)
                } else {
                    try reader.skipValue()
                    refusal = refusal ?? .badRequest("a member that such a line does not take")
                }
            }
            try reader.finish()
        } catch {
            throw .badRequest(error.reason.message)
        }
        if let refusal { throw refusal }
        guard hasName else { throw .badRequest("exactly one of name and name64") }
        guard (1...Limits.keyBytes).contains(name.count - start) else {
            throw Problem(.badName, "a name is 1 to 4096 bytes")
        }
    }

    /// An error that stands for a member the body does not take; `offset` is -1, and its name is noted.
    static func refusal(of name: JSONText, in reader: borrowing JSONReader, noted: inout IOBuffer) -> JSONError {
        noted.removeAll()
        reader.append(name, into: &noted)
        noted.truncate(to: min(noted.count, 64))
        if !noted.readable.isValidUTF8 { noted.removeAll() }
        return JSONError(.unexpectedByte, at: -1)
    }

    static func parameter(named name: JSONText, in reader: borrowing JSONReader) -> Parameter? {
        for parameter in Parameter.allCases where reader.matches(name, parameter.name) { return parameter }
        return nil
    }

    /// Member names are unique, so nothing can be there already.
    private mutating func readValue(of parameter: Parameter, from reader: inout JSONReader) throws(JSONError) {
        let value = try Self.readText(from: &reader)
        _ = add(parameter, value.readable)
    }

    /// A value as a query would have it: a string, a whole number, true or false.
    static func readText(from reader: inout JSONReader) throws(JSONError) -> IOBuffer {
        var value = IOBuffer()
        switch try reader.kind() {
        case .string: reader.append(try reader.string(), into: &value)
        case .bool: value.append(try reader.bool() ? "true" : "false")
        default: value.append(decimal: try reader.integer())
        }
        return value
    }
}
