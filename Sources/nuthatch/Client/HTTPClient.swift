import Bytes
import HTTP1
import Posix

/// Sends one request over a connection of its own and reads the answer. Blocking, as the command line is.
struct HTTPClient {
    var server: ServerURL
    var timeoutMilliseconds: Int

    /// The largest value a server can be told to keep.
    static let bodyLimit = 1 << 30

    func send(_ request: ClientRequest) throws(ClientError) -> ClientResponse {
        let body = try Self.bytes(of: request.body)
        let socket = try connect()
        var out = head(of: request, bodyCount: body?.count)
        if let body { out.append(body.span) }
        try write(out.readable, to: socket)
        return try readAnswer(from: socket)
    }

    private static func bytes(of body: ClientRequest.Body) throws(ClientError) -> [UInt8]? {
        switch body {
        case .none: return nil
        case .argument(let text): return Array(text.utf8)
        case .standardInput:
            do throws(SystemError) {
                return try Files.readStandardInput(limit: bodyLimit)
            } catch {
                throw .brokenOff(error.description)
            }
        }
    }

    private func connect() throws(ClientError) -> StreamSocket {
        var reason = ""
        for host in server.candidates {
            do throws(SystemError) {
                let address = try SocketAddress.resolve(host: host, port: server.port, forListening: false)
                return try StreamSocket.connect(to: address, timeoutMilliseconds: timeoutMilliseconds)
            } catch {
                reason = error.description
            }
        }
        throw .unreachable(reason)
    }

    private func head(of request: ClientRequest, bodyCount: Int?) -> IOBuffer {
        var out = IOBuffer()
        out.append(string: "\(request.method) \(server.basePath)\(request.target) HTTP/1.1\r\n")
        out.append(string: "Host: \(server.authority)\r\n")
        for field in request.fields { out.append(string: "\(field.name): \(field.value)\r\n") }
        if let token = request.token { out.append(string: "Authorization: Bearer \(token.text)\r\n") }
        if let bodyCount { out.append(string: "Content-Length: \(bodyCount)\r\n") }
        out.append("Connection: close\r\n\r\n")
        return out
    }

    private func write(_ bytes: Span<UInt8>, to socket: borrowing StreamSocket) throws(ClientError) {
        var offset = 0
        while offset < bytes.count {
            switch socket.send(bytes.extracting(offset..<bytes.count)) {
            case .processed(let count): offset += count
            case .wouldBlock: throw timedOut
            // The server may have refused before it read all; then its answer is what counts.
            case .endOfStream, .failed: return
            }
        }
    }

    private var timedOut: ClientError { .brokenOff("nothing came within \(timeoutMilliseconds) ms") }

    // MARK: Reading

    private func readAnswer(from socket: borrowing StreamSocket) throws(ClientError) -> ClientResponse {
        var buffer = IOBuffer()
        while true {
            guard let head = try ResponseHead(buffer.readable) else {
                guard try receive(from: socket, into: &buffer) else {
                    throw .brokenOff("the connection ended before an answer")
                }
                continue
            }
            if head.isInterim {
                buffer.consume(head.byteCount)
                continue
            }
            let body = try readBody(of: head, from: socket, &buffer)
            return ClientResponse(status: head.status, fields: head.fields, body: body)
        }
    }

    private func readBody(
        of head: ResponseHead, from socket: borrowing StreamSocket, _ buffer: inout IOBuffer
    ) throws(ClientError) -> [UInt8] {
        guard head.hasBody else { return [] }
        if head.isChunked { return try readChunks(after: head.byteCount, from: socket, &buffer) }
        let end = head.contentLength.map { head.byteCount + $0 }
        while buffer.count < end ?? .max {
            guard try receive(from: socket, into: &buffer) else {
                if end == nil { break }
                throw .brokenOff("the connection ended within the answer")
            }
        }
        return buffer.readable.extracting(head.byteCount..<(end ?? buffer.count)).copied()
    }

    private func readChunks(
        after start: Int, from socket: borrowing StreamSocket, _ buffer: inout IOBuffer
    ) throws(ClientError) -> [UInt8] {
        var decoder = ChunkDecoder(bodyStart: start)
        var limits = HTTPLimits()
        limits.body = Self.bodyLimit
        while true {
            do throws(HTTPFailure) {
                if try decoder.decode(&buffer, limits: limits) { break }
            } catch {
                throw .badAnswer("a broken chunk")
            }
            guard try receive(from: socket, into: &buffer) else {
                throw .brokenOff("the connection ended within the answer")
            }
        }
        return buffer.readable.extracting(start..<decoder.decodedEnd).copied()
    }

    /// False at the end of the stream.
    private func receive(from socket: borrowing StreamSocket, into buffer: inout IOBuffer) throws(ClientError) -> Bool {
        guard buffer.count <= 2 * Self.bodyLimit else { throw .badAnswer("an answer without end") }
        switch socket.receive(into: &buffer, minimum: 64 << 10) {
        case .processed: return true
        case .endOfStream: return false
        case .wouldBlock: throw timedOut
        case .failed(let error): throw .brokenOff(error.description)
        }
    }
}
