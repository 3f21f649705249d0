import Bytes

/// Parses a whole request head (RFC 9112 §3 and §5) into slices.
///
/// The order of refusals is part of the contract: grammar and size, form of the target, version, `Host`, framing. The
/// method is judged later, by the caller, because an unknown method with sound framing keeps its connection.
package enum HeadParser {
    /// Fills `head` from `bytes`, which end with the empty line (see ``HeadScanner``).
    /// - Complexity: O(bytes), each looked at once more than by the scanner.
    package static func parse(
        _ bytes: Span<UInt8>, into head: inout RequestHead, limits: HTTPLimits
    ) throws(HTTPFailure) {
        head.reset()
        guard let firstLineFeed = bytes.firstIndex(of: ASCII.lineFeed) else { throw .badRequest("no request line") }
        let line = try parseRequestLine(bytes.extracting(0..<(firstLineFeed - 1)), limits: limits)
        head.methodName = line.method
        head.method = Method(bytes.extracting(line.method))
        head.target = line.target
        head.byteCount = bytes.count
        try parseFields(bytes, from: firstLineFeed + 1, into: &head, limits: limits)
        try RequestTarget.parse(bytes, into: &head)
        head.minorVersion = try version(bytes.extracting(line.version))
        try HostField.check(bytes, head)
        try BodyFraming.decide(bytes, &head, limits: limits)
        decidePersistence(bytes, &head)
    }

    // MARK: Request line

    struct RequestLine {
        var method: ByteSlice
        var target: ByteSlice
        var version: ByteSlice
    }

    /// Refuses what is no request line by its bytes alone (without its CR LF); form and version are judged with the
    /// head.
    static func checkRequestLine(_ line: Span<UInt8>, limits: HTTPLimits) throws(HTTPFailure) {
        _ = try parseRequestLine(line, limits: limits)
    }

    /// `method SP request-target SP HTTP-version`, with exactly one SP each (§3; the leniency of §3 is not taken).
    private static func parseRequestLine(
        _ line: Span<UInt8>, limits: HTTPLimits
    ) throws(HTTPFailure) -> RequestLine {
        guard line.count <= limits.requestLine else { throw .requestLineTooLong }
        let methodEnd = line.tokenLength(from: 0)
        guard methodEnd > 0, methodEnd < line.count, line[methodEnd] == ASCII.space else {
            throw .badRequest("a request line is: method, one space, target, one space, HTTP/1.1")
        }
        let targetStart = methodEnd + 1
        let targetEnd = line.visibleEnd(from: targetStart)
        guard targetEnd > targetStart else { throw .badRequest("the request target is empty") }
        guard targetEnd < line.count, line[targetEnd] == ASCII.space else {
            throw .badRequest("the target must be visible ASCII, followed by one space and HTTP/1.1")
        }
        let version = ByteSlice(start: targetEnd + 1, count: line.count - targetEnd - 1)
        try checkVersionGrammar(line.extracting(version))
        guard methodEnd <= 32, !line.extracting(0..<methodEnd).equals("CONNECT") else { throw .methodTooLong }
        return RequestLine(
            method: ByteSlice(start: 0, count: methodEnd),
            target: ByteSlice(start: targetStart, count: targetEnd - targetStart), version: version)
    }

    /// `HTTP/` digit `.` digit (§2.3): exactly eight bytes, upper case.
    private static func checkVersionGrammar(_ version: Span<UInt8>) throws(HTTPFailure) {
        guard version.count == 8, version.starts(with: "HTTP/"), version[6] == UInt8(ascii: "."),
            ASCII.isDigit(version[5]), ASCII.isDigit(version[7])
        else { throw .badRequest("the version must be HTTP/1.1 or HTTP/1.0") }
    }

    /// The minor version to act by: 1.2 to 1.9 are handled as 1.1 (RFC 9110 §2.5).
    private static func version(_ version: Span<UInt8>) throws(HTTPFailure) -> Int {
        guard version[5] == UInt8(ascii: "1") else { throw .versionUnsupported }
        return version[7] == UInt8(ascii: "0") ? 0 : 1
    }

    // MARK: Fields

    private static func parseFields(
        _ bytes: Span<UInt8>, from start: Int, into head: inout RequestHead, limits: HTTPLimits
    ) throws(HTTPFailure) {
        var lineStart = start
        var count = 0
        while lineStart + 2 < bytes.count {
            guard let lineFeed = bytes.firstIndex(of: ASCII.lineFeed, from: lineStart),
                lineFeed > lineStart, bytes[lineFeed - 1] == ASCII.carriageReturn
            else { throw .badRequest("a line ends with CR LF") }
            count += 1
            guard count <= limits.fields, count <= RequestHead.fieldCapacity else {
                throw .fieldsTooLarge("more header fields than the limit")
            }
            let line = try FieldLine(parsing: bytes, in: lineStart..<(lineFeed - 1))
            if let known = line.known, known.isSingleton, head.value(of: known) != nil {
                throw .badRequest(known == .host ? "Host was sent twice" : "a field that may stand once was sent twice")
            }
            head.note(line)
            lineStart = lineFeed + 1
        }
        guard lineStart - start <= limits.fieldBytes else {
            throw .fieldsTooLarge("the header fields are longer than the limit")
        }
    }

    // MARK: Persistence

    /// §9.3: `close` wins; HTTP/1.1 stays open unless told, HTTP/1.0 only when asked.
    private static func decidePersistence(_ bytes: Span<UInt8>, _ head: inout RequestHead) {
        var close = false
        var keep = false
        var index = -1
        while let next = head.nextLine(of: .connection, after: index) {
            index = next
            var options = ListElements(bytes.extracting(head.line(next).value))
            while let option = options.next() {
                if option.equalsIgnoringCase("close") { close = true }
                if option.equalsIgnoringCase("keep-alive") { keep = true }
            }
        }
        head.keepsAlive = !close && (head.minorVersion >= 1 || keep)
    }
}

extension FieldLine {
    /// `field-name ":" OWS field-value OWS` (§5) in `range` of `bytes`, without its CR LF.
    init(parsing bytes: Span<UInt8>, in range: Range<Int>) throws(HTTPFailure) {
        let nameLength = bytes.tokenLength(from: range.lowerBound)
        let colon = range.lowerBound + nameLength
        guard nameLength > 0, colon < range.upperBound, bytes[colon] == UInt8(ascii: ":") else {
            throw .badRequest("a header field is a name, a colon and a value; lines are not folded")
        }
        guard bytes.firstControl(in: colon + 1..<range.upperBound) == nil else {
            throw .badRequest("a control character in a header field's value")
        }
        var start = colon + 1
        var end = range.upperBound
        while start < end, Self.isBlank(bytes[start]) { start += 1 }
        while end > start, Self.isBlank(bytes[end - 1]) { end -= 1 }
        name = ByteSlice(start: range.lowerBound, count: nameLength)
        value = ByteSlice(start: start, count: end - start)
        let nameBytes = bytes.extracting(name)
        known = KnownField(nameBytes)
        guard known != nil || !Self.imitatesFraming(nameBytes) else {
            throw .badRequest("a field name that imitates Content-Length or Transfer-Encoding")
        }
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == ASCII.space || byte == ASCII.tab }

    /// `Content_Length` and its like: a gateway that maps `-` to `_` would take it for the real field.
    private static func imitatesFraming(_ name: Span<UInt8>) -> Bool {
        switch name.count {
        case 14: name.equalsIgnoringCase("content_length")
        case 17: name.equalsIgnoringCase("transfer_encoding")
        default: false
        }
    }
}
