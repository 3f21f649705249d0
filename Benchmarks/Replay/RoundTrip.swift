import Glibc

/// One GET and its answer on a blocking socket.
enum RoundTrip {
    /// Returns how many nanoseconds it took.
    static func get<W: Wire>(_ key: UInt32, _ wire: W, _ fd: Int32, _ buffer: inout ByteBuffer) -> UInt64 {
        let size = wire.writeGet(key, to: buffer.reserve(wire.overhead))
        let start = Clock.now()
        guard send(fd, buffer.head, size, Int32(MSG_NOSIGNAL)) == size else { failErrno("send") }
        while true {
            let room = buffer.reserve(Connection.readRoom)
            let count = recv(fd, room, buffer.free, 0)
            if count < 0, errno == EINTR { continue }
            if count < 0 { failErrno("waiting for the answer to one GET") }
            if count == 0 { fail("the server closed a connection before it answered one GET") }
            buffer.wrote(count)
            switch wire.parse(UnsafePointer(buffer.head), count: buffer.count, asked: .get) {
            case .incomplete: continue
            case .nonsense(let what): fail("the server sent \(what)")
            case .complete(_, let consumed):
                buffer.consume(consumed)
                return Clock.now() - start
            }
        }
    }
}
