import Posix

/// Accepts connections on a loop, and keeps accepting possible when descriptors run out.
///
/// At the limit of descriptors a waiting connection can neither be taken nor refused, and level-triggered readiness
/// would make the loop spin. So one spare descriptor is kept: it is closed, the connection taken and closed at once,
/// the spare opened again, and accepting pauses for a moment.
public final class Listener: EventHandler {
    /// Connections taken a turn, so that a flood leaves time for those that are there.
    private static let batch = 64
    /// Milliseconds without accepting after descriptors ran out.
    private static let pause: Int64 = 100

    private let socket: ListeningSocket
    private let loop: EventLoop
    private let accepted: (consuming StreamSocket, SocketAddress) -> Void
    private let refused: () -> Void
    private var spare: WakeupDescriptor?
    private var registration: Registration?

    /// - Parameters:
    ///   - accepted: takes over a new connection.
    ///   - refused: called for each connection that was closed for want of descriptors.
    public init(
        _ socket: consuming ListeningSocket, on loop: EventLoop,
        accepted: @escaping (consuming StreamSocket, SocketAddress) -> Void, refused: @escaping () -> Void
    ) throws(SystemError) {
        self.socket = socket
        self.loop = loop
        self.accepted = accepted
        self.refused = refused
        spare = try WakeupDescriptor()
        registration = try loop.register(self, self.socket.descriptor.raw, .read)
    }

    public func ready(_ event: ReadyEvent) {
        for _ in 0..<Self.batch {
            switch socket.accept() {
            case .connection(let stream, let address): accepted(stream, address)
            case .lost: continue
            case .none: return
            case .outOfDescriptors: return refuseOne()
            case .failed: return pauseAccepting()
            }
        }
    }

    public func deadlineReached() {
        guard let registration else { return }
        if spare == nil { spare = try? WakeupDescriptor() }
        try? loop.change(registration, socket.descriptor.raw, .read)
    }

    /// Stops accepting for good. The socket closes with the listener.
    public func stop() {
        guard let registration else { return }
        loop.deregister(registration, socket.descriptor.raw)
        self.registration = nil
    }

    private func refuseOne() {
        spare = nil
        if case .connection = socket.accept() { refused() }
        spare = try? WakeupDescriptor()
        pauseAccepting()
    }

    private func pauseAccepting() {
        guard let registration else { return }
        try? loop.change(registration, socket.descriptor.raw, [])
        loop.setDeadline(loop.now + Self.pause, of: registration)
    }
}
