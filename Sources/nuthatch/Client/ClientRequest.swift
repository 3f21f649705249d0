import Bytes

/// A request of the client, before it is sent or shown as a curl line.
struct ClientRequest {
    var method = "GET"
    /// Path and query as they stand on the wire, escaped.
    var target: String
    var fields: [(name: String, value: String)] = []
    var body: Body = .none
    var token: Token?

    /// A bearer token. Never shown: a curl line names the variable it came from.
    struct Token {
        var text: String
        /// What a shell puts in its place.
        var shellText: String

        /// The first token of the variables of ``ServeCommand``, where a server takes several.
        init?(_ environment: [String: String]) {
            for variable in ["NUTHATCH_TOKEN", "NUTHATCH_READ_TOKEN"] {
                guard let tokens = environment[variable] else { continue }
                let bytes = Array(tokens.utf8)
                let first = bytes.prefix { $0 != UInt8(ascii: ",") }
                text = String(decoding: first, as: UTF8.self)
                shellText = first.count == bytes.count ? "$\(variable)" : "${\(variable)%%,*}"
                return
            }
            return nil
        }
    }

    enum Body {
        case none
        /// From the command line.
        case argument(String)
        /// From standard input, read when the request is sent.
        case standardInput
    }

    /// The path of a key: every byte that a URL could take for something else is escaped, `/` stays.
    static func path(ofKey key: String) -> String {
        var escaped = IOBuffer()
        PercentCoding.encode(Array(key.utf8).span, keepingSlash: true, into: &escaped)
        return "/v1/keys/" + String(decoding: escaped.readable.copied(), as: UTF8.self)
    }

    /// A query of parameters that have a value.
    static func query(_ parameters: [(name: String, value: String?)]) -> String {
        var query = ""
        for case (let name, let value?) in parameters {
            var escaped = IOBuffer()
            PercentCoding.encode(Array(value.utf8).span, keepingSlash: false, into: &escaped)
            query += query.isEmpty ? "?" : "&"
            query += "\(name)=\(String(decoding: escaped.readable.copied(), as: UTF8.self))"
        }
        return query
    }

    /// An entity tag as it stands in a field: the quotes may be left out on the command line, where shells eat them.
    static func entityTag(_ text: String) -> String {
        text == "*" || text.utf8.contains(UInt8(ascii: "\"")) ? text : "\"\(text)\""
    }
}
