import Bytes
import CacheModel
import HTTP1

/// `/v1/keys/{key}`: finds out the key, then goes by method.
extension Desk {
    mutating func key(
        _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        let path = request.path
        let name = path.extracting(RoutePath.keyPrefix.utf8CodeUnitCount..<path.count)
        let isStandIn = name.count == 1 && name[0] == UInt8(ascii: "-") && hasQuery
        if !isStandIn && (!request.hasEscape || name.firstIndex(of: UInt8(ascii: "%")) == nil) {
            // Nothing to decode: the key is where it was received.
            return try key(name, request, turn, response: &response)
        }
        // Taken out for the while, so that the rest of the desk can be used beside it.
        var decoded = IOBuffer()
        swap(&decoded, &key)
        defer {
            decoded.removeAll(keeping: 1 << 14)
            swap(&decoded, &key)
        }
        guard PercentCoding.decode(name, plusIsSpace: false, into: &decoded) else {
            throw Problem(.badName, "a percent sign in a name must be followed by two hexadecimal digits")
        }
        if isStandIn { try takeEncodedName(request, into: &decoded) }
        return try key(decoded.readable, request, turn, response: &response)
    }

    /// `/v1/keys/-?key64=…`, and likewise every kind: for clients behind a proxy that rewrites paths. Without `key64`
    /// the name is `-`.
    func takeEncodedName(
        _ request: borrowing Request, into name: inout IOBuffer
    ) throws(Problem) {
        guard let query = request.query, let encoded = Self.rawValue(of: .key64, in: query) else { return }
        name.removeAll()
        var text = IOBuffer()
        guard PercentCoding.decode(encoded, plusIsSpace: false, into: &text),
            Base64.decode(text.readable, .url, into: &name)
        else { throw .bad(.key64, "a name in base64url, with - and _, padding optional") }
    }

    /// A parameter's value as sent. The route's own parser will refuse it where it is repeated.
    @_lifetime(copy query)
    static func rawValue(of parameter: Parameter, in query: Span<UInt8>) -> Span<UInt8>? {
        var start = 0
        while start <= query.count {
            let end = query.firstIndex(of: UInt8(ascii: "&"), from: start) ?? query.count
            let pair = query.extracting(start..<end)
            let equals = pair.firstIndex(of: UInt8(ascii: "=")) ?? pair.count
            if pair.extracting(0..<equals).equals(parameter.name) {
                return pair.extracting(min(equals + 1, pair.count)..<pair.count)
            }
            start = end + 1
        }
        return nil
    }

    private mutating func key(
        _ key: Span<UInt8>, _ request: borrowing Request, _ turn: Turn, response: inout ResponseWriter
    ) throws(Problem) -> Disposition {
        guard key.count >= 1 && key.count <= Limits.keyBytes else {
            throw Problem(.badName, "a name is 1 to 4096 bytes")
        }
        if let needs = route.needs, !principal.mayUse(key, needs) {
            throw .forbidden(principal.permissions.missing(from: needs))
        }
        switch route.id {
        case .putKey: return try putKey(key, request, turn, response: &response)
        case .deleteKey: return try deleteKey(key, request, turn, response: &response)
        case .changeKey: return try changeKey(key, request, turn, response: &response)
        default: return try readKey(key, request, turn, response: &response)
        }
    }
}
