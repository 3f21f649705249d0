import CLinux
import Glibc

/// A socket that accepts connections.
public struct ListeningSocket: ~Copyable, Sendable {
    public let descriptor: Descriptor

    /// What came of one accept.
    public enum Accepted: ~Copyable {
        case connection(StreamSocket, from: SocketAddress)
        case none
        /// One connection was lost before it was taken; the next may be fine.
        case lost
        /// The process or the system has no descriptor left.
        case outOfDescriptors
        case failed(SystemError)
    }

    /// Binds and listens, non-blocking.
    ///
    /// With `shared` several sockets of this process listen on one port and the kernel deals the connections out
    /// (`SO_REUSEPORT`); a port that another process holds is refused first, for else both would get a part of the
    /// clients.
    /// - Parameter stallTimeout: milliseconds that sent bytes may stay unacknowledged (`TCP_USER_TIMEOUT`).
    public static func listen(
        on address: SocketAddress, shared: Bool, stallTimeout: Int32
    ) throws(SystemError) -> ListeningSocket {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
        let raw = try Syscalls.checked("socket") { socket(address.family, kind, 0) }
        let made = ListeningSocket(descriptor: Descriptor(owning: raw))
        try Syscalls.setOption(raw, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR")
        if shared { try Syscalls.setOption(raw, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT") }
        // Accepted sockets inherit both, which saves two calls a connection.
        try Syscalls.setOption(raw, Int32(IPPROTO_TCP), TCP_NODELAY, 1, "TCP_NODELAY")
        try Syscalls.setOption(raw, Int32(IPPROTO_TCP), TCP_USER_TIMEOUT, stallTimeout, "TCP_USER_TIMEOUT")
        try Syscalls.checked("bind \(address.text)") { address.withPointer { bind(raw, $0, $1) } }
        try Syscalls.checked("listen") { Glibc.listen(raw, 4096) }
        return made
    }

    /// The address it is bound to, with the port the kernel chose.
    public func localAddress() throws(SystemError) -> SocketAddress {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let raw = descriptor.raw
        try Syscalls.checked("getsockname") {
            withUnsafeMutablePointer(to: &storage) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(raw, $0, &length) }
            }
        }
        return SocketAddress(storage, length)
    }

    /// Takes the next waiting connection, non-blocking.
    public func accept() -> Accepted {
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let raw = nuthatch_accept4(descriptor.raw, &storage, &length)
        if raw >= 0 {
            return .connection(StreamSocket(Descriptor(owning: raw)), from: SocketAddress(storage, length))
        }
        switch errno {
        case EAGAIN: return .none
        case EINTR, ECONNABORTED, EPROTO, ENOBUFS, ENOMEM, ENETDOWN, EHOSTUNREACH, ENETUNREACH, EPERM: return .lost
        case EMFILE, ENFILE: return .outOfDescriptors
        default: return .failed(Syscalls.failure("accept"))
        }
    }
}
