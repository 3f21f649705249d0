import Posix
import Synchronization

/// The listening sockets of all loops, each to be taken by its loop's thread.
final class Listeners: Sendable {
    private let sockets: Mutex<[Int: Held]>
    let address: SocketAddress

    /// A noncopyable socket in a box that a dictionary can hold.
    private final class Held: Sendable {
        let socket: Mutex<ListeningSocket?>
        init(_ socket: consuming ListeningSocket) { self.socket = Mutex(socket) }
    }

    /// Binds one socket for each of `count` loops.
    ///
    /// With several they share the port (`SO_REUSEPORT`), and the kernel deals connections out by a hash of their
    /// addresses. A trial bind without sharing comes first, because the kernel would otherwise let a second server of
    /// the same user join in silence.
    init(host: String, port: UInt16, count: Int, stallTimeout: Int32) throws(SystemError) {
        var address = try SocketAddress.resolve(host: host, port: port, forListening: true)
        let isShared = count > 1
        do {
            let trial = try ListeningSocket.listen(on: address, shared: false, stallTimeout: stallTimeout)
            address = try trial.localAddress()
            if !isShared {
                self.address = address
                sockets = Mutex([0: Held(trial)])
                return
            }
        }
        var made: [Int: Held] = [:]
        for index in 0..<count {
            made[index] = Held(try ListeningSocket.listen(on: address, shared: true, stallTimeout: stallTimeout))
        }
        self.address = address
        sockets = Mutex(made)
    }

    /// The socket of one loop; a second call for the same loop traps.
    func take(_ index: Int) -> ListeningSocket {
        let held = sockets.withLock { $0.removeValue(forKey: index) }
        guard let held, let socket = held.socket.withLock({ $0.take() }) else {
            preconditionFailure("a loop's listening socket was taken twice")
        }
        return socket
    }
}
