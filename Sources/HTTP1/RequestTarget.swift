import Bytes

/// The forms of a request target (RFC 9112 §3.2). Nothing is normalised: routes match raw segments.
enum RequestTarget {
    /// Splits `head.target` into authority, path and query.
    static func parse(_ bytes: Span<UInt8>, into head: inout RequestHead) throws(HTTPFailure) {
        let target = bytes.extracting(head.target)
        let start = Int(head.target.start)
        guard target.firstIndex(of: UInt8(ascii: "#")) == nil else {
            throw .badRequest("a request target has no fragment")
        }
        if target[0] == UInt8(ascii: "/") {
            setPathAndQuery(target, at: start, from: 0, &head)
        } else if target.equals("*") {
            guard head.method == .options else { throw .badRequest("the target * goes with OPTIONS only") }
            head.path = head.target
        } else {
            try parseAbsolute(target, at: start, &head)
        }
    }

    private static func setPathAndQuery(_ target: Span<UInt8>, at start: Int, from: Int, _ head: inout RequestHead) {
        let mark = target.firstIndex(of: UInt8(ascii: "?"), from: from)
        let end = mark ?? target.count
        head.path = ByteSlice(start: start + from, count: end - from)
        if let mark { head.query = ByteSlice(start: start + mark + 1, count: target.count - mark - 1) }
    }

    /// `http://authority/path?query` (§3.2.2). Another scheme is not ours to serve.
    private static func parseAbsolute(
        _ target: Span<UInt8>, at start: Int, _ head: inout RequestHead
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
        setPathAndQuery(target, at: start, from: end, &head)
    }
}

/// The `Host` field (RFC 9112 §3.2, RFC 9110 §7.2).
enum HostField {
    /// HTTP/1.1 needs exactly one, and one that agrees with an absolute-form target.
    static func check(_ bytes: Span<UInt8>, _ head: RequestHead) throws(HTTPFailure) {
        guard let slice = head.value(of: .host) else {
            guard head.minorVersion == 0 else { throw .badRequest("HTTP/1.1 needs a Host field") }
            return
        }
        let host = bytes.extracting(slice)
        guard isValid(host) else { throw .badRequest("the Host field is not a host with an optional port") }
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
            while index < host.count, host[index] != UInt8(ascii: ":") {
                guard isNameByte(host[index]) else { return false }
                index += 1
            }
            guard index > 0 else { return false }
        }
        if index == host.count { return true }
        guard host[index] == UInt8(ascii: ":") else { return false }
        let port = host.extracting((index + 1)..<host.count)
        guard port.count <= 5, let number = port.decimalValue(), number <= 65535 else { return false }
        return true
    }

    /// RFC 3986 `reg-name`: letters, digits and `-._~%!$&'()*+;=`; as a bitmap of the 128 ASCII codes.
    @inline(always)
    private static func isNameByte(_ byte: UInt8) -> Bool {
        let low: UInt64 = 0x2BFF_6FF2_0000_0000
        let high: UInt64 = 0x47FF_FFFE_87FF_FFFE
        if byte < 64 { return low &>> UInt64(byte) & 1 == 1 }
        if byte < 128 { return high &>> UInt64(byte &- 64) & 1 == 1 }
        return false
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
