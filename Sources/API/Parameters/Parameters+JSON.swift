import Bytes
import HTTP1
import JSON

extension Parameters {
    /// Reads parameters from a JSON object: strings and whole numbers, by the same names and rules as in a query.
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
                    noted.removeAll()
                    reader.append(name, into: &noted)
                    noted.truncate(to: min(noted.count, 64))
                    if !noted.readable.isValidUTF8 { noted.removeAll() }
                    throw JSONError(.unexpectedByte, at: -1)
                }
                try readValue(of: parameter, from: &reader)
            }
            try reader.finish()
        } catch {
            if error.offset == -1 { throw Problem(.badParameter, "this op takes no such member", .notedParameter) }
            throw .badRequest(error.reason.message)
        }
    }

    private static func parameter(named name: JSONText, in reader: borrowing JSONReader) -> Parameter? {
        for parameter in Parameter.allCases where reader.matches(name, parameter.name) { return parameter }
        return nil
    }

    /// Member names are unique, so nothing can be there already.
    private mutating func readValue(of parameter: Parameter, from reader: inout JSONReader) throws(JSONError) {
        var value = IOBuffer()
        if try reader.kind() == .string {
            reader.append(try reader.string(), into: &value)
        } else {
            value.append(decimal: try reader.integer())
        }
        _ = add(parameter, value.readable)
    }
}
