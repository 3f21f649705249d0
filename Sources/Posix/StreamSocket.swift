import Bytes
import CLinux
import Glibc

/// A connected TCP socket.
public struct StreamSocket: ~Copyable, Sendable {
    public let descriptor: Descriptor

    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }

    /// Connects and stays blocking: for the client and the tools. `timeout` bounds connecting, reads and writes.
    public static func connect(
        to address: SocketAddress, timeoutMilliseconds timeout: Int
    ) throws(SystemError) -> StreamSocket {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let raw = try Syscalls.checked("socket") { socket(address.family, kind, 0) }
        let made = StreamSocket(Descriptor(owning: raw))
        var limit = timeval(tv_sec: timeout / 1000, tv_usec: timeout % 1000 * 1000)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            _ = setsockopt(raw, SOL_SOCKET, option, &limit, socklen_t(MemoryLayout<timeval>.size))
        }
        try Syscalls.checked("connect to \(address.text)") { address.withPointer { Glibc.connect(raw, $0, $1) } }
        try Syscalls.setOption(raw, Int32(IPPROTO_TCP), TCP_NODELAY, 1, "TCP_NODELAY")
        return made
    }

    /// Reads what is there into free space of `buffer`, at least `minimum` bytes of room.
    public func receive(into buffer: inout IOBuffer, minimum: Int) -> IOResult {
        var result = IOResult.wouldBlock
        let raw = descriptor.raw
        _ = buffer.append(minimum: minimum) { room in
            result = Syscalls.receive(raw, room)
            if case .processed(let count) = result { return count }
            return 0
        }
        return result
    }

    /// Writes as much as the kernel takes.
    /// - Parameter more: further bytes follow at once, so that the kernel may hold back a partial segment.
    public func send(_ bytes: Span<UInt8>, more: Bool = false) -> IOResult {
        let raw = descriptor.raw
        return bytes.withUnsafeBufferPointer { Syscalls.send(raw, UnsafeRawBufferPointer($0), more: more) }
    }

    /// Writes as much of a buffer as the kernel takes; the buffer stays as it is.
    public func send(_ buffer: borrowing IOBuffer) -> IOResult { send(buffer.readable) }

    /// Says that nothing more will be written.
    public func shutdownWriting() { Syscalls.shutdownWriting(descriptor.raw) }
}
