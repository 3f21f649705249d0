import Bytes

/// Where a server is: `http://HOST[:PORT][/PATH]`.
struct ServerURL: Equatable {
    /// A name or an address, an IPv6 one without its brackets.
    var host: String
    var port: UInt16
    /// What stands before every path, without a slash at its end.
    var basePath: String

    static let standard = ServerURL(host: "127.0.0.1", port: 8379, basePath: "")

    /// The host and port as they stand in a URL and in `Host`.
    var authority: String {
        let shown = host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host
        return port == 80 ? shown : "\(shown):\(port)"
    }

    var text: String { "http://\(authority)\(basePath)" }

    /// The addresses to try. `localhost` is two of them, and a server mostly listens on the first.
    var candidates: [String] { host == "localhost" ? ["127.0.0.1", "::1"] : [host] }

    struct ParseFailure: Error, Equatable { var message: String }

    static func parse(_ text: String) throws(ParseFailure) -> ServerURL {
        var rest = Array(text.utf8)[...]
        guard rest.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { throw malformed(text) }
        let lowered = rest.map(ASCII.lowercased)
        if lowered.starts(with: "http://".utf8) {
            rest = rest.dropFirst(7)
        } else if lowered.starts(with: "https://".utf8) {
            throw ParseFailure(message: "\(text): this client speaks plain http only; use curl for https")
        }
        if rest.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: "@") }) {
            throw malformed(text)
        }
        let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
        var path = rest[slash...]
        while path.last == UInt8(ascii: "/") { path.removeLast() }
        guard let (host, port) = split(rest[..<slash]) else { throw malformed(text) }
        return ServerURL(
            host: String(decoding: host, as: UTF8.self), port: port, basePath: String(decoding: path, as: UTF8.self))
    }

    private static func malformed(_ text: String) -> ParseFailure {
        ParseFailure(message: "\(text) is no URL of a server: allowed is http://HOST:PORT, as in \(standard.text)")
    }

    /// Host and port of `host`, `host:port`, `[v6]` or `[v6]:port`; the port is 80 when none is named.
    private static func split(_ authority: ArraySlice<UInt8>) -> (host: ArraySlice<UInt8>, port: UInt16)? {
        var host = authority
        var rest = authority.suffix(0)
        if authority.first == UInt8(ascii: "[") {
            guard let end = authority.firstIndex(of: UInt8(ascii: "]")) else { return nil }
            host = authority[(authority.startIndex + 1)..<end]
            rest = authority[(end + 1)...]
        } else if let colon = authority.firstIndex(of: UInt8(ascii: ":")) {
            host = authority[..<colon]
            rest = authority[colon...]
        }
        guard !host.isEmpty else { return nil }
        if rest.isEmpty { return (host, 80) }
        guard rest.first == UInt8(ascii: ":"), let number = Array(rest.dropFirst()).span.decimalValue(),
            let port = UInt16(exactly: number), port > 0
        else { return nil }
        return (host, port)
    }
}
