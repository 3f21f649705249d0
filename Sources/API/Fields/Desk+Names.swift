import Bytes
import CacheModel
import HTTP1

/// Names of entries that are one segment of a path, and parameters of actions.
extension Desk {
    /// Decodes a segment as a name; appended to `name`, which must be empty.
    ///
    /// - Parameter standsIn: whether `-` with `key64` may stand for a name in base64url.
    mutating func takeName(
        _ segment: Range<Int>, _ request: borrowing Request, standsIn: Bool = true, into name: inout IOBuffer
    ) throws(Problem) {
        let raw = request.path.extracting(segment)
        guard PercentCoding.decode(raw, plusIsSpace: false, into: &name) else {
            throw Problem(.badName, "a percent sign in a name must be followed by two hexadecimal digits")
        }
        if standsIn, hasQuery, raw.count == 1, raw[0] == UInt8(ascii: "-") {
            try takeEncodedName(request, into: &name)
        }
        guard name.count >= 1 && name.count <= Limits.keyBytes else {
            throw Problem(.badName, "a name is 1 to 4096 bytes")
        }
        if let needs = route.needs, !principal.mayUse(name.readable, needs) {
            throw .forbidden(principal.permissions.missing(from: needs))
        }
    }

    /// An action's parameters: the query's, or the members of one JSON object, not both.
    mutating func actionParameters(
        _ request: borrowing Request, allowing allowed: ParameterSet, _ list: StaticString
    ) throws(Problem) -> Parameters {
        var parameters = try parameters(request, allowing: allowed.union(ParameterSet(.key64)), list)
        if request.body.isEmpty { return parameters }
        guard let field = request.field(.contentType), let type = MediaType.parse(field),
            type.is("application", "json")
        else { throw Problem(.unsupportedMediaType, "parameters come in the query, or as one application/json object") }
        if let given = parameters.other(than: ParameterSet(.key64, .int)) {
            throw .bad(given, "parameters stand in the query or in the body, not in both")
        }
        try parameters.readJSON(request.body, allowing: allowed, noted: &noted)
        return parameters
    }
}
