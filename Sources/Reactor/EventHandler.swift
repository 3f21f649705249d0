import Posix

/// What a loop calls when something happens to a descriptor it watches. All calls come from the loop's own thread.
public protocol EventHandler: AnyObject {
    /// The descriptor is ready, or broken.
    func ready(_ event: ReadyEvent)

    /// The deadline set with ``EventLoop/setDeadline(_:of:)`` has come; it is not set any more.
    func deadlineReached()
}

/// Names a handler in its loop: the index of its slot and the slot's generation, in epoll's 64 bits. An event for a
/// handler that is gone carries an old generation and is dropped.
public struct Registration: Sendable, Equatable {
    public let index: Int
    public let generation: UInt32

    init(index: Int, generation: UInt32) {
        self.index = index
        self.generation = generation
    }

    init(token: UInt64) {
        self.init(index: Int(token & 0xFFFF_FFFF), generation: UInt32(truncatingIfNeeded: token >> 32))
    }

    var token: UInt64 { UInt64(generation) << 32 | UInt64(index) }
}
