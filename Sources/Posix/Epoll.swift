import CLinux
import Glibc

/// What a descriptor is watched for. Errors and hang-ups are always reported.
package struct Interest: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let read = Interest(rawValue: EPOLLIN.rawValue)
    package static let write = Interest(rawValue: EPOLLOUT.rawValue)
    /// The peer will send no more (half close).
    package static let peerClose = Interest(rawValue: EPOLLRDHUP.rawValue)
}

/// What happened on a descriptor, with the word it was registered with.
package struct ReadyEvent: Sendable {
    package let token: UInt64
    private let events: UInt32

    init(token: UInt64, events: UInt32) {
        self.token = token
        self.events = events
    }

    package var isReadable: Bool { events & EPOLLIN.rawValue != 0 }
    package var isWritable: Bool { events & EPOLLOUT.rawValue != 0 }
    package var isPeerClosed: Bool { events & EPOLLRDHUP.rawValue != 0 }
    /// The stream is broken or closed in both directions.
    package var isHangup: Bool { events & (EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
}

/// The kernel's readiness queue, level-triggered: an event that was not used up comes again, so nothing can be missed,
/// and an ordinary request costs no change of interest.
package struct Epoll: ~Copyable {
    /// Events taken a turn: enough to spread the cost of the call, few enough to keep timers punctual.
    private static let batch = 256

    private let descriptor: Descriptor
    private let events: UnsafeMutablePointer<epoll_event>

    package init() throws(SystemError) {
        let raw = try Syscalls.checked("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) }
        descriptor = Descriptor(owning: raw)
        events = .allocate(capacity: Self.batch)
        events.initialize(repeating: epoll_event(), count: Self.batch)
    }

    deinit { events.deallocate() }

    package func add(_ target: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_ADD, target, interest, token)
    }

    package func change(_ target: Int32, _ interest: Interest, token: UInt64) throws(SystemError) {
        try control(EPOLL_CTL_MOD, target, interest, token)
    }

    /// Closing a descriptor removes it as well; this is for one that stays open.
    package func remove(_ target: Int32) { _ = epoll_ctl(descriptor.raw, EPOLL_CTL_DEL, target, nil) }

    private func control(
        _ operation: Int32, _ target: Int32, _ interest: Interest, _ token: UInt64
    ) throws(SystemError) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token))
        try Syscalls.checked("epoll_ctl") { epoll_ctl(descriptor.raw, operation, target, &event) }
    }

    /// Waits for events, at most `timeout` milliseconds.
    /// - Returns: how many there are, to be read with `event(_:)`; 0 when the time passed or a signal came.
    package func wait(timeoutMilliseconds timeout: Int) -> Int {
        let count = epoll_wait(descriptor.raw, events, Int32(Self.batch), Int32(clamping: timeout))
        return max(0, Int(count))
    }

    package func event(_ index: Int) -> ReadyEvent {
        precondition(index >= 0 && index < Self.batch)
        return ReadyEvent(token: events[index].data.u64, events: events[index].events)
    }
}
