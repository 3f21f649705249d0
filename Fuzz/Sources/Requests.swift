import Bytes
import HTTP1

/// The first byte chooses the limits, the second seeds the cuts; the rest is the stream.
func fuzzRequest(_ input: Span<UInt8>) {
    guard input.count >= 2 else { return }
    let stream = input.extracting(2..<input.count)
    let limits = input[0] & 1 == 0 ? HTTPLimits() : tightLimits
    let whole = transcript(of: stream, cutBy: nil, limits: limits)
    let cut = transcript(of: stream, cutBy: SplitMix64(seed: UInt64(input[1])), limits: limits)
    precondition(whole == cut, "the same bytes in other pieces came to something else:\n\(whole)\n\(cut)")
}

/// Small enough for the fuzzer to cross.
private var tightLimits: HTTPLimits {
    var limits = HTTPLimits()
    limits.requestLine = 40
    limits.fieldBytes = 80
    limits.fields = 4
    limits.trailers = 24
    limits.chunkExtensions = 16
    limits.body = 32
    return limits
}

/// The same stream to the decoder alone, so that all of the fuzzer's work goes into chunks.
func fuzzChunks(_ input: Span<UInt8>) {
    guard input.count >= 2 else { return }
    let stream = input.extracting(2..<input.count)
    var limits = HTTPLimits()
    if input[0] & 1 == 1 { limits = tightLimits }
    let whole = decoded(stream, cutBy: nil, limits: limits)
    let cut = decoded(stream, cutBy: SplitMix64(seed: UInt64(input[1])), limits: limits)
    precondition(whole == cut, "the same chunks in other pieces came to something else")
}

private enum Decoded: Equatable {
    case complete(body: [UInt8], rest: Int)
    case partial([UInt8])
    case refused(Int)
}

private func decoded(_ stream: Span<UInt8>, cutBy random: SplitMix64?, limits: HTTPLimits) -> Decoded {
    var buffer = IOBuffer()
    var decoder = ChunkDecoder(bodyStart: 0)
    var pieces = Pieces(count: stream.count, random: random)
    while let piece = pieces.next() {
        buffer.append(stream.extracting(piece))
        do throws(HTTPFailure) {
            if try decoder.decode(&buffer, limits: limits) {
                precondition(decoder.decodedEnd <= limits.body, "a body over the limit was taken")
                let rest = buffer.count - decoder.decodedEnd + stream.count - piece.upperBound
                return .complete(body: buffer.readable.extracting(0..<decoder.decodedEnd).copied(), rest: rest)
            }
        } catch {
            return .refused(error.status)
        }
        precondition(buffer.count == decoder.decodedEnd, "raw bytes were left behind")
    }
    return .partial(buffer.readable.copied())
}

/// The ranges that a stream is cut into: all at once, or runs of one to sixteen bytes.
private struct Pieces {
    let count: Int
    var random: SplitMix64?
    var start = 0

    mutating func next() -> Range<Int>? {
        guard start < count else { return nil }
        let length = random == nil ? count : Int(truncatingIfNeeded: random!.next() & 15) + 1
        let piece = start..<min(count, start + length)
        start = piece.upperBound
        return piece
    }
}

/// What became of a stream, in words that can be compared.
private func transcript(of stream: Span<UInt8>, cutBy random: SplitMix64?, limits: HTTPLimits) -> [String] {
    var connection = FuzzedConnection(limits: limits)
    var pieces = Pieces(count: stream.count, random: random)
    while let piece = pieces.next() {
        if !connection.feed(stream.extracting(piece)) { break }
    }
    return connection.transcript
}

/// Scanner, parser and decoder put together as a connection does it.
private struct FuzzedConnection: ~Copyable {
    private enum Phase {
        case head(HeadScanner)
        case body(head: Int, total: Int)
        case chunked(head: Int, ChunkDecoder)
    }

    let limits: HTTPLimits
    private let head = RequestHead()
    private var buffer = IOBuffer()
    private var phase = Phase.head(HeadScanner())
    private(set) var transcript: [String] = []

    init(limits: HTTPLimits) { self.limits = limits }

    /// False when the stream was refused.
    mutating func feed(_ piece: Span<UInt8>) -> Bool {
        buffer.append(piece)
        do throws(HTTPFailure) {
            while !buffer.isEmpty, try step() {}
            return true
        } catch {
            transcript.append("refused \(error.status)")
            return false
        }
    }

    /// One step; false when more bytes are needed.
    private mutating func step() throws(HTTPFailure) -> Bool {
        switch phase {
        case .head(var scanner):
            guard case .complete(let range) = try scanner.scan(buffer.readable, limits: limits) else {
                phase = .head(scanner)
                return false
            }
            buffer.consume(range.lowerBound)
            try HeadParser.parse(buffer.readable.extracting(0..<range.count), into: head, limits: limits)
            let line = headLine()
            transcript.append(line)
            beginBody(head: range.count)
            if case .body(let length, let total) = phase, length == total { finish(total) }
            return true
        case .body(_, let total):
            guard buffer.count >= total else { return false }
            finish(total)
            return true
        case .chunked(let length, var decoder):
            let isComplete = try decoder.decode(&buffer, limits: limits)
            phase = .chunked(head: length, decoder)
            if isComplete { finish(decoder.decodedEnd, from: length) }
            return isComplete
        }
    }

    private mutating func beginBody(head length: Int) {
        switch head.framing {
        case .none: phase = .body(head: length, total: length)
        case .length(let count): phase = .body(head: length, total: length + count)
        case .chunked: phase = .chunked(head: length, ChunkDecoder(bodyStart: length))
        }
    }

    private mutating func finish(_ total: Int, from start: Int? = nil) {
        var from = start ?? 0
        if case .body(let length, _) = phase { from = length }
        let body = buffer.readable.extracting(from..<total).copied()
        transcript.append("body \(body)")
        buffer.consume(total)
        phase = .head(HeadScanner())
    }

    /// All that the parser found in a head.
    private func headLine() -> String {
        let bytes = buffer.readable
        var line = "\(bytes.extracting(head.methodName).copied()) \(bytes.extracting(head.path).copied())"
        if let query = head.query { line += "?\(bytes.extracting(query).copied())" }
        line += " 1.\(head.minorVersion) \(head.framing) \(head.keepsAlive) \(head.expectsContinue)"
        for index in 0..<head.lineCount {
            let field = head.line(index)
            line += " \(bytes.extracting(field.name).copied()):\(bytes.extracting(field.value).copied())"
        }
        return line
    }
}
