import API
import Bytes
import CacheEngine
import CacheModel
import HTTP1
import Observability
import PubSub

/// The surface without a server: requests as text in, answers taken apart again.
final class Surface {
    let engine: any Engine
    let api: CacheAPI
    var worker: APIWorker
    var now = Instant(milliseconds: 1_800_000_000_000)
    /// What `Host` says.
    var host = "localhost"
    private var response = ResponseWriter()
    private(set) var disposition = Disposition.responded
    private var wait: UInt32 = 0

    init(
        engine: any Engine = Surface.embedded(), tokens: String = "", _ change: (inout APISettings) -> Void = { _ in }
    ) throws {
        self.engine = engine
        var settings = APISettings()
        change(&settings)
        let access = try AccessPolicy.parse(Array(tokens.utf8).span)
        let metrics = MetricsRegistry(loops: 1, routes: RouteID.names)
        api = CacheAPI(
            engine: engine, hub: Hub(epoch: 1, loops: 1, waker: SilentWaker()), settings: settings, access: access,
            metrics: metrics)
        api.readiness = .ready
        worker = APIWorker(api: api, loop: 0, seed: 1)
    }

    /// Sends `METHOD target`, field lines, and a body of bytes.
    @discardableResult
    func send(_ line: String, _ fields: String..., body: [UInt8] = []) -> Answer {
        send(line, fields, body, .fresh)
    }

    @discardableResult
    func send(_ line: String, _ fields: String..., text: String) -> Answer {
        send(line, fields, Array(text.utf8), .fresh)
    }

    /// Handles a request that parked again.
    @discardableResult
    func again(_ resumption: Resumption, _ line: String, _ fields: String...) -> Answer {
        send(line, fields, [], resumption)
    }

    var lastTicket: Ticket { Ticket(loop: 0, connection: 0, generation: wait) }

    private func send(_ line: String, _ fields: [String], _ body: [UInt8], _ resumption: Resumption) -> Answer {
        var bytes = Array((line + (line.hasSuffix("HTTP/1.0") ? "" : " HTTP/1.1") + "\r\nHost: \(host)\r\n").utf8)
        for field in fields { bytes += Array((field + "\r\n").utf8) }
        if !body.isEmpty { bytes += Array("Content-Length: \(body.count)\r\n".utf8) }
        bytes += Array("\r\n".utf8)
        let head = RequestHead()
        response.removeAll()
        do throws(HTTPFailure) {
            try HeadParser.parse(bytes.span, into: head, limits: HTTPLimits())
        } catch {
            response.prepare(for: nil, keepsAlive: false)
            worker.refuse(error, response: &response)
            return Answer(collect(), isHead: false)
        }
        response.prepare(for: head, keepsAlive: head.keepsAlive)
        disposition = .responded
        let request = Request(head: head, bytes: bytes.span, body: body.span)
        if worker.admit(request, response: &response) { run(request, head, resumption) }
        return Answer(collect(), isHead: head.method == .head)
    }

    private func run(_ request: borrowing Request, _ head: RequestHead, _ resumption: Resumption) {
        wait += 1
        disposition = worker.handle(
            request, resumption: resumption, ticket: lastTicket, at: now, response: &response)
        while case .streaming(let cursor) = disposition {
            pieces += 1
            response.resumeChunked(for: head, keepsAlive: true)
            disposition = worker.handle(
                request, resumption: .drained(cursor: cursor), ticket: lastTicket, at: now, response: &response)
        }
    }

    /// How many pieces streaming answers were sent in.
    private(set) var pieces = 0

    /// All that would go out on the wire, attachments included.
    private func collect() -> [UInt8] {
        var wire: [UInt8] = []
        var sent = 0
        let buffer = response.buffer.readable.copied()
        for attachment in response.attachments {
            wire += buffer[sent..<attachment.offset]
            wire += attachment.bytes.span.extracting(attachment.range).copied()
            sent = attachment.offset
        }
        return wire + buffer[sent...]
    }
}

extension Surface {
    /// The real engine, small and without a reader of what it delivers.
    static func embedded(ordered: Bool = false) -> EmbeddedEngine {
        EmbeddedEngine(
            configuration: EngineConfiguration(shards: 4, orderedKeys: ordered, hashSecret: (1, 2), seed: 3),
            completions: NoCompletions())
    }
}

/// Where tickets go that no test waits for.
private struct NoCompletions: CompletionSink {
    func deliver(_ ticket: Ticket) {}
}

/// One answer, taken apart.
struct Answer {
    var status = 0
    var fields: [(name: String, value: String)] = []
    var body: [UInt8] = []

    init(_ wire: [UInt8], isHead: Bool) {
        guard let end = Self.headEnd(wire) else { return }
        let lines = String(decoding: wire[..<end], as: UTF8.self).split(
            separator: "\r\n", omittingEmptySubsequences: true)
        status = Int(lines[0].split(separator: " ")[1]) ?? 0
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields.append((String(line[..<colon]), String(line[line.index(colon, offsetBy: 2)...])))
        }
        body = Array(wire[(end + 4)...])
        if self["Transfer-Encoding"] == "chunked" { body = Self.unchunked(body) }
    }

    private static func headEnd(_ wire: [UInt8]) -> Int? {
        guard wire.count >= 4 else { return nil }
        return (0...(wire.count - 4)).first { Array(wire[$0..<$0 + 4]) == [13, 10, 13, 10] }
    }

    private static func unchunked(_ body: [UInt8]) -> [UInt8] {
        var plain: [UInt8] = []
        var index = 0
        while let lineEnd = body[index...].firstIndex(of: 13),
            let size = Int(String(decoding: body[index..<lineEnd], as: UTF8.self), radix: 16), size > 0
        {
            plain += body[(lineEnd + 2)..<(lineEnd + 2 + size)]
            index = lineEnd + 4 + size
        }
        return plain
    }

    subscript(_ name: String) -> String? {
        fields.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    var text: String { String(decoding: body, as: UTF8.self) }

    /// The last word of a problem's type.
    var slug: String? {
        guard let range = text.firstRange(of: "urn:nuthatch:problem:") else { return nil }
        return String(text[range.upperBound...].prefix { $0 != "\"" })
    }

    var lines: [String] { text.split(separator: "\n").map(String.init) }
}

/// Nobody listens in a loop here.
struct SilentWaker: LoopWaker {
    func wake(_ loop: Int) {}
}
