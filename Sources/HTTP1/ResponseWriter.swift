import Bytes

/// The only writer of response bytes. A loop owns one; answers to pipelined requests follow each other in its buffer.
///
/// ```
/// begin(200) → field(…)* → finish(length:)/finishWithoutBody()/finishChunked() → body(…)*
/// ```
/// It keeps the rules that no route should have to remember: `Date` on every answer, no body after HEAD, 204 and 304,
/// never a length beside a coding, no byte in a field that could start another line (RFC 9112 §11.1).
public struct ResponseWriter: ~Copyable {
    /// A body that is sent from where it lies, between the bytes before and after `offset` of the buffer.
    public struct Attachment: Sendable {
        /// Bytes of the buffer that go out before it.
        public let offset: Int
        public let bytes: SharedBytes
        public let range: Range<Int>
    }

    /// A body of at least this many bytes is attached, not copied.
    public static let attachmentMinimum = 16 << 10

    /// The answers, but for what `attachments` holds.
    public var buffer = IOBuffer()
    public private(set) var attachments: [Attachment] = []
    /// The `Date` field line (RFC 9110 §6.6.1), kept for a second.
    private var dateLine = IOBuffer()
    /// Where it begins: before it stands the status line of most answers, so that both are one copy.
    private static let dateStart = "HTTP/1.1 200 OK\r\n".utf8.count

    /// What the request at hand allows.
    public private(set) var status = 0
    public private(set) var isHeadRequest = false
    public private(set) var keepsAlive = true
    private var minorVersion = 1
    /// A whole field line that the answer at hand carries at its head's end; empty for none.
    private var lastLine: StaticString = ""
    /// Set between `finishChunked` and the last chunk.
    public private(set) var isChunked = false
    private var chunkStart = -1

    public init() { dateLine.append("HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n") }

    /// Sets the date that the next answers carry: 29 bytes in IMF-fixdate form.
    public mutating func setDate(_ date: Span<UInt8>) { dateLine.replace(at: Self.dateStart + 6, with: date) }

    /// Prepares for the answer to `head`; nil stands for a request too broken to have one.
    public mutating func prepare(for head: RequestHead?, keepsAlive: Bool) {
        prepare(isHead: head?.method == .head, minorVersion: head?.minorVersion ?? 1, keepsAlive: keepsAlive)
    }

    /// The same without the whole head at hand.
    public mutating func prepare(isHead: Bool, minorVersion: Int, keepsAlive: Bool) {
        isHeadRequest = isHead
        self.minorVersion = minorVersion
        self.keepsAlive = keepsAlive
        isChunked = false
        status = 0
        lastLine = ""
    }

    /// Adds a field line, with its CR LF, to the answer at hand if it is a success.
    public mutating func confirm(_ line: StaticString) { lastLine = line }

    /// Goes on with an answer whose first chunks have left already.
    public mutating func resumeChunked(for head: RequestHead, keepsAlive: Bool) {
        prepare(for: head, keepsAlive: keepsAlive)
        isChunked = minorVersion >= 1
        // Without chunks the end of the body is the end of the connection, as `finishChunked` has said.
        if !isChunked { closeAfterwards() }
        status = 200
    }

    /// Closes the connection behind the answer at hand; call before `finish…`.
    public mutating func closeAfterwards() { keepsAlive = false }

    /// Forgets all that was handed on to be sent.
    public mutating func removeAll(keeping limit: Int = .max) {
        buffer.removeAll(keeping: limit)
        if !attachments.isEmpty { attachments.removeAll(keepingCapacity: true) }
    }

    /// Bytes written and attached, not yet handed on.
    public var pendingBytes: Int { attachments.reduce(buffer.count) { $0 + $1.range.count } }

    // MARK: Head

    public mutating func begin(_ status: Int) {
        precondition(self.status == 0, "two answers to one request")
        self.status = status
        if status == 200 { return buffer.append(copying: dateLine) }
        buffer.append(StatusLine.text(status))
        buffer.append(copying: dateLine, from: Self.dateStart)
    }

    /// The interim answer that lets a client send its body (RFC 9110 §15.2.1).
    public mutating func sendContinue() { buffer.append("HTTP/1.1 100 Continue\r\n\r\n") }

    public mutating func field(_ name: StaticString, _ value: StaticString) {
        buffer.append(name)
        buffer.append(": ")
        buffer.append(value)
        buffer.append("\r\n")
    }

    /// Writes a field whose value comes from data. A value that could break the head is left out: it was refused when
    /// it was stored, so this only holds the line against a fault elsewhere.
    public mutating func field(_ name: StaticString, _ value: Span<UInt8>) {
        guard value.firstControl(in: 0..<value.count) == nil else { return }
        buffer.append(name)
        buffer.append(": ")
        buffer.append(value)
        buffer.append("\r\n")
    }

    public mutating func field(_ name: StaticString, decimal value: Int64) {
        buffer.append(name)
        buffer.append(": ")
        buffer.append(decimal: value)
        buffer.append("\r\n")
    }

    /// Whole field lines known at compile time, each with its CR LF. Inlined, so that their length is known as well.
    @inline(always)
    public mutating func fields(_ lines: StaticString) { buffer.append(lines) }

    /// For a value composed of pieces: append to `buffer` between `beginField` and `endField` nothing but digits and
    /// visible ASCII.
    public mutating func beginField(_ name: StaticString) {
        buffer.append(name)
        buffer.append(": ")
    }

    public mutating func endField() { buffer.append("\r\n") }

    /// Ends the head of an answer with a body of `length` bytes (`Content-Length` is written after HEAD as well).
    public mutating func finish(length: Int) {
        buffer.append("Content-Length: ")
        buffer.append(decimal: length)
        buffer.append("\r\n")
        endHead()
    }

    /// Ends the head of a 204 or 304, which have neither body nor length.
    public mutating func finishWithoutBody() { endHead() }

    /// Ends the head of an answer whose length is not known yet: chunked, or up to the close for HTTP/1.0.
    public mutating func finishChunked() {
        if minorVersion >= 1 {
            isChunked = true
            buffer.append("Transfer-Encoding: chunked\r\n")
        } else {
            keepsAlive = false
        }
        endHead()
    }

    private mutating func endHead() {
        if lastLine.utf8CodeUnitCount > 0, status < 400 { buffer.append(lastLine) }
        if !keepsAlive {
            buffer.append("Connection: close\r\n")
        } else if minorVersion == 0 {
            buffer.append("Connection: keep-alive\r\n")
        }
        buffer.append("\r\n")
    }

    // MARK: Body

    public mutating func body(_ bytes: Span<UInt8>) {
        if !isHeadRequest { buffer.append(bytes) }
    }

    public mutating func body(_ text: StaticString) {
        if !isHeadRequest { buffer.append(text) }
    }

    /// Sends a part of a shared value; a large one without copying it.
    public mutating func body(_ bytes: SharedBytes, _ range: Range<Int>) {
        if isHeadRequest || range.isEmpty { return }
        if range.count < Self.attachmentMinimum {
            buffer.append(bytes.span.extracting(range))
        } else {
            precondition(range.lowerBound >= 0 && range.upperBound <= bytes.count, "range outside the value")
            attachments.append(Attachment(offset: buffer.count, bytes: bytes, range: range))
        }
    }

    // MARK: Chunks

    /// Starts a piece of a chunked body: append it to `buffer`, then call `endChunk`. Nothing may be attached
    /// meanwhile.
    public mutating func beginChunk() {
        if isChunked {
            buffer.append("00000000\r\n")
            chunkStart = buffer.count
        }
    }

    public mutating func endChunk() {
        guard isChunked else { return }
        let length = buffer.count - chunkStart
        guard length > 0 else { return buffer.truncate(to: chunkStart - 10) }
        // The size was left open as eight zeros: leading zeros are grammatical (RFC 9112 §7.1).
        for digit in 0..<8 {
            buffer[chunkStart - 3 - digit] = ASCII.hexDigit(UInt8(truncatingIfNeeded: length >> (digit * 4)))
        }
        buffer.append("\r\n")
    }

    /// Ends a chunked body.
    public mutating func endChunks() {
        if isChunked { buffer.append("0\r\n\r\n") }
        isChunked = false
    }
}
