import Bytes
import HTTP1

/// Keeps web pages away from a server that trusts whoever can reach it.
enum HostGuard {
    /// True for a host that can only be this machine: `localhost`, `127.…`, `[::1]`, each with any port.
    ///
    /// A page can point its own name at 127.0.0.1 (DNS rebinding), but the browser still sends that name in `Host`.
    static func isLoopback(_ host: Span<UInt8>) -> Bool {
        if host.starts(with: "[") {
            guard let close = host.firstIndex(of: UInt8(ascii: "]")) else { return false }
            return host.extracting(0..<(close + 1)).equals("[::1]")
        }
        let name = host.extracting(0..<(host.firstIndex(of: UInt8(ascii: ":")) ?? host.count))
        if name.equalsIgnoringCase("localhost") { return true }
        // Dots and digits only: `127.0.0.1.example` is a name like any other.
        guard name.starts(with: "127.") else { return false }
        for index in name.indices where !ASCII.isDigit(name[index]) && name[index] != UInt8(ascii: ".") { return false }
        return true
    }

    /// True when `origin`, as a browser sends it, is the page's own server: the same host and port as asked for.
    ///
    /// Browsers let any page send simple POSTs anywhere; without tokens the origin is all that tells them apart.
    static func isOwn(_ origin: Span<UInt8>, host: Span<UInt8>) -> Bool {
        guard origin.starts(with: "http://") else { return false }
        let authority = origin.extracting(7..<origin.count)
        guard authority.count == host.count else { return false }
        for index in host.indices where ASCII.lowercased(authority[index]) != ASCII.lowercased(host[index]) {
            return false
        }
        return true
    }
}
