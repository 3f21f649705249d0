import Bytes
import HTTP1

/// What became of a byte stream: requests, or a refusal, in a form that can be compared.
enum Parsed: Equatable, CustomStringConvertible {
    case request(method: String, path: String, body: [UInt8])
    case refused(Int)
    case partial

    var description: String {
        switch self {
        case .request(let method, let path, let body): "\(method) \(path) +\(body.count)"
        case .refused(let status): "refused \(status)"
        case .partial: "partial"
        }
    }
}

/// Feeds a byte stream in the given pieces to scanner, parser and decoder the way a connection does.
func parse(_ pieces: [[UInt8]], limits: HTTPLimits = HTTPLimits()) -> [Parsed] {
    let stream = RequestStream(limits: limits)
    for piece in pieces where !stream.isRefused { stream.feed(piece) }
    return stream.results + (stream.isRefused || stream.isIdle ? [] : [.partial])
}

func parse(_ text: String, limits: HTTPLimits = HTTPLimits()) -> [Parsed] { parse([Array(text.utf8)], limits: limits) }

private final class RequestStream {
    enum Phase { case head, length(head: Int, total: Int), chunked(head: Int, ChunkDecoder) }

    let limits: HTTPLimits
    let head = RequestHead()
    var buffer = IOBuffer()
    var scanner = HeadScanner()
    var phase = Phase.head
    var results: [Parsed] = []
    var isRefused = false

    init(limits: HTTPLimits) { self.limits = limits }

    var isIdle: Bool {
        if case .head = phase { return scanner.isIdle && buffer.isEmpty }
        return false
    }

    func feed(_ piece: [UInt8]) {
        buffer.append(piece)
        do throws(HTTPFailure) {
            while try step(&buffer) {}
        } catch {
            isRefused = true
            results.append(.refused(error.status))
        }
    }

    private func step(_ buffer: inout IOBuffer) throws(HTTPFailure) -> Bool {
        switch phase {
        case .head:
            guard !buffer.isEmpty, case .complete(let range) = try scanner.scan(buffer.readable, limits: limits) else {
                return false
            }
            buffer.consume(range.lowerBound)
            try HeadParser.parse(buffer.readable.extracting(0..<range.count), into: head, limits: limits)
            switch head.framing {
            case .none: phase = .length(head: range.count, total: range.count)
            case .length(let count): phase = .length(head: range.count, total: range.count + count)
            case .chunked: phase = .chunked(head: range.count, ChunkDecoder(bodyStart: range.count))
            }
            return true
        case .length(let length, let total):
            guard buffer.count >= total else { return false }
            return try finish(&buffer, head: length, total: total)
        case .chunked(let length, var decoder):
            let isComplete = try decoder.decode(&buffer, limits: limits)
            phase = .chunked(head: length, decoder)
            guard isComplete else { return false }
            return try finish(&buffer, head: length, total: decoder.decodedEnd)
        }
    }

    private func finish(_ buffer: inout IOBuffer, head length: Int, total: Int) throws(HTTPFailure) -> Bool {
        try HeadParser.parse(buffer.readable.extracting(0..<length), into: head, limits: limits)
        do {
            let bytes = buffer.readable
            results.append(
                .request(
                    method: String(decoding: bytes.extracting(head.methodName).copied(), as: UTF8.self),
                    path: String(decoding: bytes.extracting(head.path).copied(), as: UTF8.self),
                    body: bytes.extracting(length..<total).copied()))
        }
        buffer.consume(total)
        scanner = HeadScanner()
        phase = .head
        return true
    }
}
