import Bytes

/// Where a request's body ends, decided once from the head alone and never revised.
///
/// Follows RFC 9112 §6.3 top to bottom. Whatever two servers could read differently (two lengths, a length beside a
/// coding) is refused, because disagreement is how requests are smuggled.
public enum BodyFraming: Equatable, Sendable {
    case none
    /// `Content-Length`: exactly so many bytes follow.
    case length(Int)
    case chunked

    static func decide(
        _ bytes: Span<UInt8>, _ head: inout HeadParts, limits: HTTPLimits
    ) throws(HTTPFailure) {
        let hasLength = head.value(of: .contentLength) != nil
        if head.value(of: .transferEncoding) != nil {
            guard !hasLength else { throw .badRequest("Transfer-Encoding beside Content-Length") }
            guard head.minorVersion >= 1 else { throw .badRequest("Transfer-Encoding in HTTP/1.0") }
            try checkCoding(bytes, head)
            head.framing = .chunked
        } else if hasLength {
            let length = try contentLength(bytes, head)
            guard length <= limits.body else { throw .bodyTooLarge }
            head.framing = length == 0 ? .none : .length(length)
        } else {
            head.framing = .none
        }
        decideExpectation(bytes, &head)
    }

    /// One `Transfer-Encoding` line whose only or last coding is exactly `chunked`.
    private static func checkCoding(_ bytes: Span<UInt8>, _ head: borrowing HeadParts) throws(HTTPFailure) {
        let first = head.nextLine(of: .transferEncoding, after: -1)
        guard let first, head.nextLine(of: .transferEncoding, after: first) == nil else {
            throw .badRequest("Transfer-Encoding on two lines")
        }
        let value = bytes.extracting(head.line(first).value)
        if value.equalsIgnoringCase("chunked") { return }
        guard let comma = lastComma(in: value),
            value.extracting((comma + 1)..<value.count).trimmingBlanks().equalsIgnoringCase("chunked"),
            codingsBefore(comma, of: value)
        else { throw .badRequest("the body's end is unknown: the last transfer coding must be chunked") }
        throw .codingUnknown
    }

    private static func lastComma(in value: Span<UInt8>) -> Int? {
        var index = value.count - 1
        while index >= 0 {
            if value[index] == UInt8(ascii: ",") { return index }
            index -= 1
        }
        return nil
    }

    /// True when all before `end` are non-empty tokens other than `chunked`.
    private static func codingsBefore(_ end: Int, of value: Span<UInt8>) -> Bool {
        var start = 0
        while start <= end {
            let stop = value.firstIndex(of: UInt8(ascii: ","), from: start) ?? value.count
            let coding = value.extracting(start..<min(stop, end)).trimmingBlanks()
            guard !coding.isEmpty, coding.tokenLength(from: 0) == coding.count, !coding.equalsIgnoringCase("chunked")
            else { return false }
            start = stop + 1
            if stop >= end { break }
        }
        return true
    }

    /// One line of 1 to 19 digits without a leading zero.
    private static func contentLength(
        _ bytes: Span<UInt8>, _ head: borrowing HeadParts
    ) throws(HTTPFailure) -> Int {
        let first = head.nextLine(of: .contentLength, after: -1)
        guard let first, head.nextLine(of: .contentLength, after: first) == nil else {
            throw .badRequest("Content-Length was sent twice")
        }
        let value = bytes.extracting(head.line(first).value)
        guard let length = value.decimalValue(), value.count == 1 || value[0] != UInt8(ascii: "0") else {
            throw .badRequest("Content-Length must be a plain decimal number")
        }
        return Int(length)
    }

    /// RFC 9110 §10.1.1: `100-continue` counts with a body in HTTP/1.1; any other expectation will be refused, once
    /// authentication and route have had their say.
    private static func decideExpectation(_ bytes: Span<UInt8>, _ head: inout HeadParts) {
        guard let first = head.nextLine(of: .expect, after: -1), head.minorVersion >= 1 else { return }
        let isOnly = head.nextLine(of: .expect, after: first) == nil
        if isOnly, bytes.extracting(head.line(first).value).equalsIgnoringCase("100-continue") {
            head.expectsContinue = head.framing != .none
        } else {
            head.expectsUnknown = true
        }
    }
}
