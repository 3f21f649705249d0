import Bytes

/// The forms of a request target (RFC 9112 §3.2). Nothing is normalised: routes match raw segments.
enum RequestTarget {
    /// Takes path and query of a target in origin form, the common one, into the head.
    static func takeOrigin(_ bytes: Span<UInt8>, into head: inout HeadParts) {
        guard bytes[Int(head.requestLine.target.start)] == UInt8(ascii: "/") else { return }
        setPathAndQuery(from: Int(head.requestLine.target.start), &head)
        head.isOriginForm = true
    }

    /// Refuses a bad target, and splits one in another form than origin form into authority, path and query.
    static func parse(_ bytes: Span<UInt8>, into head: inout HeadParts) throws(HTTPFailure) {
        guard !head.requestLine.hasFragment else { throw .badRequest("a request target has no fragment") }
        if head.isOriginForm { return }
        let target = bytes.extracting(head.requestLine.target)
        if target.equals("*") {
            guard head.method == .options else { throw .badRequest("the target * goes with OPTIONS only") }
            head.path = head.requestLine.target
        } else {
            try parseAbsolute(target, at: Int(head.requestLine.target.start), &head)
        }
    }

    /// `start` is where the path begins in the head.
    private static func setPathAndQuery(from start: Int, _ head: inout HeadParts) {
        let end = head.requestLine.target.end
        guard let mark = head.requestLine.questionMark else {
            head.path = ByteSlice(start..<end)
            return
        }
        head.path = ByteSlice(start..<mark)
        head.query = ByteSlice(mark + 1..<end)
    }

    /// `http://authority/path?query` (§3.2.2). Another scheme is not ours to serve.
    private static func parseAbsolute(
        _ target: Span<UInt8>, at start: Int, _ head: inout HeadParts
    ) throws(HTTPFailure) {
        let scheme = target.count > 8 ? target.extracting(0..<8) : target
        let authorityStart =
            scheme.count > 7 && scheme.extracting(0..<7).equalsIgnoringCase("http://")
            ? 7 : scheme.equalsIgnoringCase("https://") ? 8 : 0
        guard authorityStart > 0 else { throw .badRequest("the target is a path starting with / or an http:// URL") }
        var end = authorityStart
        while end < target.count, target[end] != UInt8(ascii: "/"), target[end] != UInt8(ascii: "?") { end += 1 }
        let authority = target.extracting(authorityStart..<end)
        guard HostField.isValid(authority) else { throw .badRequest("the authority of the target is not valid") }
        head.authority = ByteSlice(start: start + authorityStart, count: end - authorityStart)
        setPathAndQuery(from: start + end, &head)
    }
}

/// The `Host` field (RFC 9112 §3.2, RFC 9110 §7.2).
enum HostField {
    /// HTTP/1.1 needs exactly one, and one that agrees with an absolute-form target.
    static func check(_ bytes: Span<UInt8>, _ head: inout HeadParts) throws(HTTPFailure) {
        guard let slice = head.value(of: .host) else {
            guard head.minorVersion == 0 else { throw .badRequest("HTTP/1.1 needs a Host field") }
            return
        }
        let host = bytes.extracting(slice)
        if !head.knownHost.isSame(as: host) {
            guard isValid(host) else { throw .badRequest("the Host field is not a host with an optional port") }
            head.knownHost.remember(host)
        }
        if let authority = head.authority {
            guard equalIgnoringCase(host, bytes.extracting(authority)) else {
                throw .badRequest("Host differs from the authority of the target")
            }
        }
    }

    /// `host [":" port]`: a registered name, an IPv4 address or an IP literal in brackets; a port of 1–5 digits up to
    /// 65535. No user information, path, comma or blank.
    static func isValid(_ host: Span<UInt8>) -> Bool {
        guard !host.isEmpty else { return false }
        var index = 0
        if host[0] == UInt8(ascii: "[") {
            guard let close = host.firstIndex(of: UInt8(ascii: "]")), close > 1 else { return false }
            for position in 1..<close where !isLiteralByte(host[position]) { return false }
            index = close + 1
        } else {
            index = host.registeredNameLength
            guard index > 0 else { return false }
        }
        if index == host.count { return true }
        guard host[index] == UInt8(ascii: ":") else { return false }
        let port = host.extracting((index + 1)..<host.count)
        guard port.count <= 5, let number = port.decimalValue(), number <= 65535 else { return false }
        return true
    }

    private static func isLiteralByte(_ byte: UInt8) -> Bool {
        ASCII.hexValue(byte) != nil || byte == UInt8(ascii: ":") || byte == UInt8(ascii: ".")
            || byte == UInt8(ascii: "%") || ASCII.isAlpha(byte)
    }

    private static func equalIgnoringCase(_ left: Span<UInt8>, _ right: Span<UInt8>) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where ASCII.lowercased(left[index]) != ASCII.lowercased(right[index]) {
            return false
        }
        return true
    }
}

/// The last valid `Host`: clients say the same one each time, and comparing is a fraction of judging.
struct KnownHost: Sendable {
    private var bytes = InlineArray<40, UInt8>(repeating: 0)
    /// Below 0 for none yet: no host has as many bytes.
    private var count = -1

    func isSame(as host: Span<UInt8>) -> Bool {
        host.count == count && bytes.span.extracting(0..<count).equals(host)
    }

    /// A longer one than there is room for is judged each time.
    mutating func remember(_ host: Span<UInt8>) {
        guard host.count <= bytes.count else { return }
        for index in host.indices { bytes[index] = host[index] }
        count = host.count
    }
}
