import Bytes

/// Finds the end of a head in bytes that arrive in any pieces, looking at each byte once.
///
/// The parser proper runs when the head is whole; until then this keeps eight words of state and no copy. What can be
/// refused early is: a first byte that starts no request, a lone LF, a request line or head over its limit, and a
/// request line that is wrong by itself (an HTTP/0.9 client waits for an answer and sends no more).
public struct HeadScanner: Sendable {
    public enum Progress: Equatable, Sendable {
        case partial
        /// A head stands in these bytes, the empty line included.
        case complete(Range<Int>)
    }

    /// RFC 9112 §2.2 asks to ignore "at least one" empty line before the request line; two are, a third is refused.
    private static let emptyLinesAllowed = 2

    /// Where the line being read starts, and how far it has been searched.
    private var lineStart = 0
    private var searched = 0
    private var headStart = 0
    private var emptyLines = 0
    private var linesSeen = 0

    public init() {}

    /// True when nothing of a request has been seen: empty lines do not count.
    public var isIdle: Bool { linesSeen == 0 && lineStart == searched }

    /// Goes on with `bytes`, which begin with all that earlier calls were shown.
    public mutating func scan(_ bytes: Span<UInt8>, limits: HTTPLimits) throws(HTTPFailure) -> Progress {
        do throws(HTTPFailure) {
            return try scanLines(bytes, limits)
        } catch {
            // Had the bytes come one by one, a bad request line would have been refused before this.
            try checkRequestLine(bytes, limits)
            throw error
        }
    }

    private mutating func scanLines(_ bytes: Span<UInt8>, _ limits: HTTPLimits) throws(HTTPFailure) -> Progress {
        while true {
            if linesSeen == 0 { try checkFirstByte(bytes) }
            guard let lineFeed = bytes.firstIndex(of: ASCII.lineFeed, from: searched) else {
                searched = bytes.count
                try checkSizes(of: bytes, upTo: bytes.count, limits)
                try checkRequestLine(bytes, limits)
                return .partial
            }
            // Before the grammar, as if the line had come in pieces.
            try checkSizes(of: bytes, upTo: lineFeed, limits)
            guard lineFeed > lineStart, bytes[lineFeed - 1] == ASCII.carriageReturn else {
                throw .badRequest("a line ends with CR LF, not with LF alone")
            }
            let isEmpty = lineFeed - 1 == lineStart
            lineStart = lineFeed + 1
            searched = lineStart
            if linesSeen == 0 {
                if isEmpty {
                    emptyLines += 1
                    guard emptyLines <= Self.emptyLinesAllowed else {
                        throw .badRequest("more than two empty lines before the request line")
                    }
                    headStart = lineStart
                    continue
                }
            }
            if isEmpty {
                return .complete(headStart..<lineStart)
            }
            linesSeen += 1
            if linesSeen == 1 { requestLineEnd = lineStart }
            guard linesSeen <= limits.fields + 1 else { throw .fieldsTooLarge("more header fields than the limit") }
        }
    }

    private var requestLineEnd = 0
    private var hasCheckedRequestLine = false

    /// Judges the request line of a head that is not whole yet; in a whole one the parser does.
    private mutating func checkRequestLine(_ bytes: Span<UInt8>, _ limits: HTTPLimits) throws(HTTPFailure) {
        guard linesSeen > 0, !hasCheckedRequestLine else { return }
        hasCheckedRequestLine = true
        try HeadParser.checkRequestLine(bytes.extracting(headStart..<(requestLineEnd - 2)), limits: limits)
    }

    private func checkFirstByte(_ bytes: Span<UInt8>) throws(HTTPFailure) {
        guard lineStart < bytes.count else { return }
        let first = bytes[lineStart]
        guard ASCII.isToken(first) || first == ASCII.carriageReturn else {
            throw .badRequest("a request starts with a method")
        }
        if first == ASCII.carriageReturn, lineStart + 1 < bytes.count, bytes[lineStart + 1] != ASCII.lineFeed {
            throw .badRequest("CR without LF")
        }
    }

    /// The CR of the empty line counts for nothing, nor does one that may begin it.
    private func checkSizes(of bytes: Span<UInt8>, upTo reached: Int, _ limits: HTTPLimits) throws(HTTPFailure) {
        let isEmptyLine = reached == lineStart + 1 && bytes[lineStart] == ASCII.carriageReturn
        let end = isEmptyLine ? lineStart : reached
        if linesSeen == 0 {
            guard end - headStart <= limits.requestLine + 1 else { throw .requestLineTooLong }
        } else {
            guard end - requestLineEnd <= limits.fieldBytes else {
                throw .fieldsTooLarge("the header fields are longer than the limit")
            }
        }
    }
}
