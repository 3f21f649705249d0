import Bytes

/// Decodes the chunked transfer coding (RFC 9112 §7.1) in place, resumable at every byte.
///
/// ```
/// buffer   │ head │ decoded body │ raw bytes not yet seen │
///          0      bodyStart      decodedEnd
/// ```
/// Each call reads all raw bytes, moves chunk data down to `decodedEnd` and drops the rest, so a body takes no more
/// memory than its data, however it was cut into chunks. Extensions and trailers are checked for grammar and discarded.
public struct ChunkDecoder: Sendable {
    private enum State: Sendable {
        case sizeStart, size, sizeBlank
        case extensionNameStart, extensionName, extensionNameBlank
        case extensionValueStart, extensionToken, extensionQuoted, extensionEscape, extensionValueEnd
        case sizeLineFeed
        case data, dataReturn, dataLineFeed
        case trailerStart, trailerName, trailerValue, trailerLineFeed, lastLineFeed
    }

    private let bodyStart: Int
    /// Where the decoded body ends so far.
    public private(set) var decodedEnd: Int
    private var state = State.sizeStart
    private var digits = 0
    private var remaining = 0
    private var extensionBytes = 0
    private var trailerBytes = 0

    /// - Parameter bodyStart: index of the first byte behind the head.
    public init(bodyStart: Int) {
        self.bodyStart = bodyStart
        decodedEnd = bodyStart
    }

    /// Decodes what has arrived. True when the body is complete: it then lies in `bodyStart..<decodedEnd`, and whatever
    /// follows in the buffer belongs to the next request.
    public mutating func decode(_ buffer: inout IOBuffer, limits: HTTPLimits) throws(HTTPFailure) -> Bool {
        var index = decodedEnd
        while index < buffer.count {
            if state == .data {
                let run = min(remaining, buffer.count - index)
                buffer.move(from: index, to: decodedEnd, count: run)
                decodedEnd += run
                index += run
                remaining -= run
                if remaining == 0 { state = .dataReturn }
                continue
            }
            let isEnd = state == .lastLineFeed
            try step(buffer[index], limits)
            index += 1
            if isEnd {
                let rest = buffer.count - index
                buffer.move(from: index, to: decodedEnd, count: rest)
                buffer.truncate(to: decodedEnd + rest)
                return true
            }
        }
        buffer.truncate(to: decodedEnd)
        return false
    }

    private mutating func step(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPFailure) {
        switch state {
        case .sizeStart, .size, .sizeBlank, .sizeLineFeed: try stepSize(byte, limits)
        case .extensionNameStart, .extensionName, .extensionNameBlank, .extensionValueStart, .extensionToken,
            .extensionQuoted, .extensionEscape, .extensionValueEnd:
            try stepExtension(byte, limits)
        case .data: break
        case .dataReturn: try expect(byte, ASCII.carriageReturn, then: .dataLineFeed)
        case .dataLineFeed: try expect(byte, ASCII.lineFeed, then: .sizeStart)
        case .trailerStart, .trailerName, .trailerValue, .trailerLineFeed, .lastLineFeed:
            try stepTrailer(byte, limits)
        }
    }

    private mutating func expect(_ byte: UInt8, _ wanted: UInt8, then next: State) throws(HTTPFailure) {
        guard byte == wanted else { throw .badRequest("a chunk's line ends with exactly CR LF") }
        state = next
    }

    // MARK: Size line

    private mutating func stepSize(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPFailure) {
        if state == .sizeLineFeed {
            guard byte == ASCII.lineFeed else { throw .badRequest("a chunk's line ends with exactly CR LF") }
            return try beginChunk(limits)
        }
        if state == .sizeStart {
            digits = 0
            remaining = 0
            state = .size
        }
        if state == .size, let value = ASCII.hexValue(byte) { return try addDigit(value) }
        guard digits > 0 else { throw .badRequest("a chunk starts with its size in hexadecimal") }
        switch byte {
        case ASCII.carriageReturn where state == .size: state = .sizeLineFeed
        case UInt8(ascii: ";"): state = .extensionNameStart
        case ASCII.space, ASCII.tab: state = .sizeBlank
        default: throw .badRequest("a chunk's size is 1 to 16 hexadecimal digits")
        }
    }

    private mutating func addDigit(_ value: UInt8) throws(HTTPFailure) {
        digits += 1
        let (scaled, overflow) = remaining.multipliedReportingOverflow(by: 16)
        guard digits <= 16 else { throw .badRequest("a chunk's size is 1 to 16 hexadecimal digits") }
        guard !overflow else { throw .bodyTooLarge }
        remaining = scaled + Int(value)
    }

    private mutating func beginChunk(_ limits: HTTPLimits) throws(HTTPFailure) {
        guard remaining > 0 else {
            state = .trailerStart
            return
        }
        guard remaining <= limits.body - (decodedEnd - bodyStart) else { throw .bodyTooLarge }
        state = .data
    }

    // MARK: Extensions (§7.1.1): *( BWS ";" BWS name [ BWS "=" BWS ( token / quoted-string ) ] )

    private mutating func stepExtension(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPFailure) {
        extensionBytes += 1
        guard extensionBytes <= limits.chunkExtensions else { throw .badRequest("chunk extensions over the limit") }
        let isBlank = byte == ASCII.space || byte == ASCII.tab
        switch state {
        case .extensionNameStart where ASCII.isToken(byte): state = .extensionName
        case .extensionNameStart where isBlank: break
        case .extensionName where ASCII.isToken(byte): break
        case .extensionName where isBlank: state = .extensionNameBlank
        case .extensionNameBlank where isBlank: break
        case .extensionName where byte == UInt8(ascii: "="), .extensionNameBlank where byte == UInt8(ascii: "="):
            state = .extensionValueStart
        case .extensionValueStart where ASCII.isToken(byte): state = .extensionToken
        case .extensionValueStart where byte == UInt8(ascii: "\""): state = .extensionQuoted
        case .extensionValueStart where isBlank: break
        case .extensionToken where ASCII.isToken(byte): break
        case .extensionQuoted: try stepQuoted(byte)
        case .extensionEscape: try stepEscaped(byte)
        case .extensionToken where isBlank, .extensionValueEnd where isBlank: state = .extensionValueEnd
        case .extensionName, .extensionNameBlank, .extensionToken, .extensionValueEnd: try endExtension(byte)
        default: throw .badRequest("a malformed chunk extension")
        }
    }

    private mutating func stepQuoted(_ byte: UInt8) throws(HTTPFailure) {
        switch byte {
        case UInt8(ascii: "\""): state = .extensionValueEnd
        case UInt8(ascii: "\\"): state = .extensionEscape
        default: try checkQuotedByte(byte)
        }
    }

    private mutating func stepEscaped(_ byte: UInt8) throws(HTTPFailure) {
        try checkQuotedByte(byte)
        state = .extensionQuoted
    }

    private func checkQuotedByte(_ byte: UInt8) throws(HTTPFailure) {
        guard byte == ASCII.tab || (byte >= 0x20 && byte != 0x7F) else {
            throw .badRequest("a control character in a chunk extension")
        }
    }

    private mutating func endExtension(_ byte: UInt8) throws(HTTPFailure) {
        switch byte {
        case UInt8(ascii: ";"): state = .extensionNameStart
        case ASCII.carriageReturn where state != .extensionNameBlank: state = .sizeLineFeed
        default: throw .badRequest("a malformed chunk extension")
        }
    }

    // MARK: Trailers (§7.1.2): the grammar of header fields, all discarded

    private mutating func stepTrailer(_ byte: UInt8, _ limits: HTTPLimits) throws(HTTPFailure) {
        trailerBytes += 1
        guard trailerBytes <= limits.trailers + 2 else { throw .fieldsTooLarge("trailers over the limit") }
        switch state {
        case .trailerStart where byte == ASCII.carriageReturn: state = .lastLineFeed
        case .trailerStart where ASCII.isToken(byte): state = .trailerName
        case .trailerName where ASCII.isToken(byte): break
        case .trailerName where byte == UInt8(ascii: ":"): state = .trailerValue
        case .trailerValue where byte == ASCII.carriageReturn: state = .trailerLineFeed
        case .trailerValue where byte == ASCII.tab || (byte >= 0x20 && byte != 0x7F): break
        case .trailerLineFeed where byte == ASCII.lineFeed: state = .trailerStart
        case .lastLineFeed where byte == ASCII.lineFeed: break
        default: throw .badRequest("a malformed trailer field")
        }
    }
}
