/// Where the server is and what it speaks.
struct Endpoint {
    enum Dialect {
        case http(path: String)
        case resp, memcached
    }

    var dialect: Dialect
    var host: String
    var port: String

    /// `http://HOST[:PORT][/PATH/]`; without a path the keys are at `/v1/keys/`.
    static func http(_ url: String) -> Endpoint {
        let scheme = "http://"
        guard url.hasPrefix(scheme) else { fail("--url \(url): only http:// URLs") }
        let rest = url.dropFirst(scheme.count)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let path = slash == rest.endIndex || rest[slash...] == "/" ? "/v1/keys/" : String(rest[slash...])
        let (host, port) = split(String(rest[..<slash]), defaultPort: "80")
        return Endpoint(dialect: .http(path: path), host: host, port: port)
    }

    static func resp(_ address: String) -> Endpoint {
        let (host, port) = split(address, defaultPort: "6379")
        return Endpoint(dialect: .resp, host: host, port: port)
    }

    static func memcached(_ address: String) -> Endpoint {
        let (host, port) = split(address, defaultPort: "11211")
        return Endpoint(dialect: .memcached, host: host, port: port)
    }

    /// HOST, HOST:PORT, [V6] or [V6]:PORT.
    private static func split(_ address: String, defaultPort: String) -> (String, String) {
        let bracket = address.lastIndex(of: "]")
        guard let colon = address.lastIndex(of: ":"), bracket.map({ $0 < colon }) ?? true else {
            return (unbracketed(address), defaultPort)
        }
        return (unbracketed(String(address[..<colon])), String(address[address.index(after: colon)...]))
    }

    private static func unbracketed(_ host: String) -> String {
        host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host
    }

    var authority: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
