import Bytes
import JSON

/// An answer, read whole.
struct ClientResponse {
    var status: Int
    var fields: [(name: [UInt8], value: [UInt8])]
    var body: [UInt8] = []

    var isSuccess: Bool { (200..<300).contains(status) }

    /// What the server says about a failure: slug and detail of a problem (RFC 9457), else the status alone.
    var complaint: String {
        var slug = ""
        var detail = ""
        do throws(JSONError) {
            var reader = JSONReader(body.span)
            try reader.beginObject()
            while let name = try reader.nextMember() {
                if reader.matches(name, "type") {
                    slug = Self.text(try reader.string(), reader)
                } else if reader.matches(name, "detail") {
                    detail = Self.text(try reader.string(), reader)
                } else {
                    try reader.skipValue()
                }
            }
        } catch {
            return "the server answered \(status)"
        }
        let last = slug.utf8.split(separator: UInt8(ascii: ":")).last.map { String(decoding: $0, as: UTF8.self) }
        return [last, detail.isEmpty ? nil : detail].compactMap(\.self).joined(separator: ": ") + " (\(status))"
    }

    private static func text(_ text: JSONText, _ reader: borrowing JSONReader) -> String {
        var buffer = IOBuffer()
        reader.append(text, into: &buffer)
        return String(decoding: buffer.readable.copied(), as: UTF8.self)
    }
}

/// Reads the head of an answer: strict about what it needs, blind to the rest.
struct ResponseHead {
    var status = 0
    /// Bytes of the head, the empty line included.
    var byteCount = 0
    var fields: [(name: [UInt8], value: [UInt8])] = []
    var contentLength: Int?
    var isChunked = false

    /// True for the answers that come before the real one (RFC 9110 §15.2).
    var isInterim: Bool { (100..<200).contains(status) }
    var hasBody: Bool { !isInterim && status != 204 && status != 304 }

    /// The head at the start of `bytes`; nil while its end has not arrived.
    init?(_ bytes: Span<UInt8>) throws(ClientError) {
        guard let end = Self.end(of: bytes) else { return nil }
        byteCount = end
        var start = 0
        while let lineFeed = bytes.firstIndex(of: ASCII.lineFeed, from: start), lineFeed + 1 < end {
            let line = bytes.extracting(start..<(lineFeed - 1))
            if start == 0 { try readStatusLine(line) } else { try readField(line) }
            start = lineFeed + 1
        }
    }

    private static func end(of bytes: Span<UInt8>) -> Int? {
        var index = 0
        while let lineFeed = bytes.firstIndex(of: ASCII.lineFeed, from: index) {
            index = lineFeed + 1
            if index >= 4, bytes.extracting((index - 4)..<index).equals("\r\n\r\n") { return index }
        }
        return nil
    }

    private mutating func readStatusLine(_ line: Span<UInt8>) throws(ClientError) {
        guard line.count >= 12, line.starts(with: "HTTP/1."), line[8] == ASCII.space,
            let status = line.extracting(9..<12).decimalValue()
        else { throw .badAnswer("the status line is not of HTTP/1.1") }
        self.status = Int(status)
    }

    private mutating func readField(_ line: Span<UInt8>) throws(ClientError) {
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else {
            throw .badAnswer("a header field without a colon")
        }
        let name = line.extracting(0..<colon)
        let value = line.extracting((colon + 1)..<line.count).trimmingBlanks()
        if name.equalsIgnoringCase("content-length") {
            guard let length = value.decimalValue() else { throw .badAnswer("a Content-Length that is no number") }
            contentLength = Int(length)
        } else if name.equalsIgnoringCase("transfer-encoding") {
            guard value.equalsIgnoringCase("chunked") else { throw .badAnswer("an unknown transfer coding") }
            isChunked = true
        }
        fields.append((name.copied(), value.copied()))
    }
}
