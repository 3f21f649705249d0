import CLinux
import Glibc

/// What a descriptor is watched for. Errors and hang-ups are always reported.
public struct Interest: OptionSet, Sendable {
    public let rawValue: UInt32
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    public static let read = Interest(rawValue: EPOLLIN.rawValue)
    public static let write = Interest(rawValue: EPOLLOUT.rawValue)
    /// The peer will send no more (half close).
    public static let peerClose = Interest(rawValue: EPOLLRDHUP.rawValue)
}

/// What happened on a descriptor, with the word it was registered with.
public struct ReadyEvent: Sendable {
    public let token: UInt64
    private let events: UInt32

    init(token: UInt64, events: UInt32) {
        self.token = token
        self.events = events
    }

    public var isReadable: Bool { events & EPOLLIN.rawValue != 0 }
    public var isWritable: Bool { events & EPOLLOUT.rawValue != 0 }
    public var isPeerClosed: Bool { events & EPOLLRDHUP.rawValue != 0 }
    /// The stream is broken or closed in both directions.
    public var isHangup: Bool { events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
}

/// The kernel's readiness queue, level-triggered: an event that was not used up comes again, so nothing can be missed,
/// and an ordinary request costs no change of interest.
public struct Epoll: ~Copyable {
    /// Events taken a turn: enough to spread the cost of the call, few enough to keep timers punctual.
    private static let batch = 256

    private let descriptor: Descriptor
    private let events: UnsafeMutablePointer<epoll_event>

    public init() throws(SystemError) {
        let raw = try Syscalls.checked("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        descriptor = Descriptor(owning: raw)
        events = .allocate(capacity: Self.batch)
        events.initialize(repeating: epoll_event(), count: Self.batch)
    }

    deinit { events.deallocate() }

    public func add(_ target: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_ADD, target, interest, token)
    }

    public func change(_ target: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_MOD, target, interest, token)
    }

    /// Closing a descriptor removes it as well; this is for one that stays open.
    public func remove(_ target: Int32) { _ = epoll_ctl(descriptor.raw, EPOLL_CTL_DEL, target, nil) }

    private func control(
        _ operation: Int32, _ target: Int32, _ interest: Interest, _ token: UInt64
    ) throws(SystemError) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token))
        try Syscalls.checked("epoll_ctl") { epoll_ctl(descriptor.raw, operation, target, &event) }
    }

    /// Waits for events, at most `timeout` milliseconds.
    /// - Returns: how many there are, to be read with `event(_:)`; 0 when the time passed or a signal came.
    public func wait(timeoutMilliseconds timeout: Int) -> Int {
        let count = epoll_wait(descriptor.raw, events, Int32(Self.batch), Int32(clamping: timeout))
        return max(0, Int(count))
    }

    public func event(_ index: Int) -> ReadyEvent {
        precondition(index >= 0 && index < Self.batch)
        return ReadyEvent(token: events[index].data.u64, events: events[index].events)
    }
}
