import Bytes

/// Parses a whole request head (RFC 9112 §3 and §5) into slices.
///
/// The order of refusals is part of the contract: grammar and size, form of the target, version, `Host`, framing. The
/// method is judged later, by the caller, because an unknown method with sound framing keeps its connection.
public enum HeadParser {
    /// Fills `head` from `bytes`, which end with the empty line (see ``HeadScanner``).
    /// - Complexity: O(bytes), each looked at once more than by the scanner.
    public static func parse(
        _ bytes: Span<UInt8>, into head: RequestHead, limits: HTTPLimits
    ) throws(HTTPFailure) {
        try parseStart(bytes, into: head, limits: limits)
        try parseRest(bytes, into: head, limits: limits)
    }

    /// The first half of ``parse(_:into:limits:)``: the request line. Behind it ``RequestHead/plainPath`` is known.
    public static func parseStart(
        _ bytes: Span<UInt8>, into head: RequestHead, limits: HTTPLimits
    ) throws(HTTPFailure) {
        try parseStart(bytes, into: &head.parts, limits: limits)
    }

    /// The second half: fields, and what follows from all of it.
    public static func parseRest(
        _ bytes: Span<UInt8>, into head: RequestHead, limits: HTTPLimits
    ) throws(HTTPFailure) {
        try parseRest(bytes, into: &head.parts, limits: limits)
    }

    private static func parseStart(
        _ bytes: Span<UInt8>, into head: inout HeadParts, limits: HTTPLimits
    ) throws(HTTPFailure) {
        head.reset()
        guard let lineFeed = bytes.firstIndex(of: ASCII.lineFeed) else { throw .badRequest("no request line") }
        head.requestLine = try parseRequestLine(bytes, upTo: lineFeed - 1, limits: limits)
        head.method = Method(bytes.extracting(head.requestLine.method))
        RequestTarget.takeOrigin(bytes, into: &head)
    }

    private static func parseRest(
        _ bytes: Span<UInt8>, into head: inout HeadParts, limits: HTTPLimits
    ) throws(HTTPFailure) {
        let version = head.requestLine.version
        try parseFields(bytes, from: version.end + 2, into: &head, limits: limits)
        try RequestTarget.parse(bytes, into: &head)
        head.minorVersion = try minorVersion(bytes.extracting(version))
        try HostField.check(bytes, &head)
        try BodyFraming.decide(bytes, &head, limits: limits)
        decidePersistence(bytes, &head)
    }

    // MARK: Request line

    struct RequestLine: Sendable {
        var method: ByteSlice = .empty
        var target: ByteSlice = .empty
        /// Which of the characters that structure a URI the target holds.
        var hasFragment = false
        var hasEscape = false
        /// Where the query's `?` stands; nil without one.
        var questionMark: Int?
        var version: ByteSlice = .empty
    }

    /// Refuses what is no request line by its bytes alone (without its CR LF); form and version are judged with the
    /// head.
    static func checkRequestLine(_ line: Span<UInt8>, limits: HTTPLimits) throws(HTTPFailure) {
        _ = try parseRequestLine(line, upTo: line.count, limits: limits)
    }

    /// `method SP request-target SP HTTP-version`, with exactly one SP each (§3; the leniency of §3 is not taken), and
    /// its CR at `end`, where more may follow.
    private static func parseRequestLine(
        _ bytes: Span<UInt8>, upTo end: Int, limits: HTTPLimits
    ) throws(HTTPFailure) -> RequestLine {
        guard end <= limits.requestLine else { throw .requestLineTooLong }
        let methodEnd = bytes.tokenLength(from: 0)
        guard methodEnd > 0, methodEnd < end, bytes[methodEnd] == ASCII.space else {
            throw .badRequest("a request line is: method, one space, target, one space, HTTP/1.1")
        }
        let targetStart = methodEnd + 1
        let run = bytes.visibleRun(from: targetStart)
        guard run.end > targetStart else { throw .badRequest("the request target is empty") }
        guard run.end < end, bytes[run.end] == ASCII.space else {
            throw .badRequest("the target must be visible ASCII, followed by one space and HTTP/1.1")
        }
        let version = ByteSlice(start: run.end + 1, count: end - run.end - 1)
        try checkVersionGrammar(bytes.extracting(version))
        guard methodEnd <= 32, !bytes.extracting(0..<methodEnd).equals("CONNECT") else { throw .methodTooLong }
        return RequestLine(
            method: ByteSlice(start: 0, count: methodEnd),
            target: ByteSlice(start: targetStart, count: run.end - targetStart), hasFragment: run.hasNumberSign,
            hasEscape: run.hasPercentSign, questionMark: run.questionMark, version: version)
    }

    /// `HTTP/` digit `.` digit (§2.3): exactly eight bytes, upper case.
    private static func checkVersionGrammar(_ version: Span<UInt8>) throws(HTTPFailure) {
        guard version.count == 8, version.starts(with: "HTTP/"), version[6] == UInt8(ascii: "."),
            ASCII.isDigit(version[5]), ASCII.isDigit(version[7])
        else { throw .badRequest("the version must be HTTP/1.1 or HTTP/1.0") }
    }

    /// The minor version to act by: 1.2 to 1.9 are handled as 1.1 (RFC 9110 §2.5).
    private static func minorVersion(_ version: Span<UInt8>) throws(HTTPFailure) -> Int {
        guard version[5] == UInt8(ascii: "1") else { throw .versionUnsupported }
        return version[7] == UInt8(ascii: "0") ? 0 : 1
    }

    // MARK: Fields

    private static func parseFields(
        _ bytes: Span<UInt8>, from start: Int, into head: inout HeadParts, limits: HTTPLimits
    ) throws(HTTPFailure) {
        var lineStart = start
        var count = 0
        while lineStart + 2 < bytes.count {
            count += 1
            guard count <= limits.fields, count <= RequestHead.fieldCapacity else {
                throw .fieldsTooLarge("more header fields than the limit")
            }
            let (line, end) = try FieldLine.parse(bytes, from: lineStart)
            if let known = line.known, known.isSingleton, head.value(of: known) != nil {
                throw .badRequest(known == .host ? "Host was sent twice" : "a field that may stand once was sent twice")
            }
            head.note(line)
            lineStart = end + 2
        }
        guard lineStart - start <= limits.fieldBytes else {
            throw .fieldsTooLarge("the header fields are longer than the limit")
        }
    }

    // MARK: Persistence

    /// §9.3: `close` wins; HTTP/1.1 stays open unless told, HTTP/1.0 only when asked.
    private static func decidePersistence(_ bytes: Span<UInt8>, _ head: inout HeadParts) {
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
    /// `field-name ":" OWS field-value OWS` (§5) from `start` on, and where its CR LF stands.
    static func parse(_ bytes: Span<UInt8>, from start: Int) throws(HTTPFailure) -> (line: FieldLine, end: Int) {
        let nameLength = bytes.tokenLength(from: start)
        let colon = start + nameLength
        guard nameLength > 0, colon < bytes.count, bytes[colon] == UInt8(ascii: ":") else {
            throw .badRequest("a header field is a name, a colon and a value; lines are not folded")
        }
        guard let end = bytes.firstControl(in: colon + 1..<bytes.count), end + 1 < bytes.count,
            bytes[end] == ASCII.carriageReturn, bytes[end + 1] == ASCII.lineFeed
        else { throw .badRequest("a control character in a header field's value") }
        var valueStart = colon + 1
        var valueEnd = end
        while valueStart < valueEnd, isBlank(bytes[valueStart]) { valueStart += 1 }
        while valueEnd > valueStart, isBlank(bytes[valueEnd - 1]) { valueEnd -= 1 }
        let name = ByteSlice(start: start, count: nameLength)
        let nameBytes = bytes.extracting(name)
        let known = KnownField(nameBytes)
        guard known != nil || !imitatesFraming(nameBytes) else {
            throw .badRequest("a field name that imitates Content-Length or Transfer-Encoding")
        }
        return (
            FieldLine(name: name, value: ByteSlice(start: valueStart, count: valueEnd - valueStart), known: known), end
        )
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
