import Glibc

// The Glibc module of the toolchain does not export <sys/epoll.h>, and this target has no C module
// of its own. The three calls below are plain C symbols of libc with these exact signatures.
@_silgen_name("epoll_create1")
private func libcEpollCreate(_ flags: Int32) -> Int32
@_silgen_name("epoll_ctl")
private func libcEpollControl(_ epoll: Int32, _ op: Int32, _ fd: Int32, _ event: UnsafeMutableRawPointer?) -> Int32
@_silgen_name("epoll_wait")
private func libcEpollWait(_ epoll: Int32, _ events: UnsafeMutableRawPointer, _ max: Int32, _ timeout: Int32) -> Int32

/// One epoll descriptor, level triggered. An event carries the index of its connection.
struct Poller {
    struct Event {
        var index: Int
        var readable: Bool
        var writable: Bool
    }

    private static let readFlag: UInt32 = 0x001
    private static let writeFlag: UInt32 = 0x004
    private static let failureFlags: UInt32 = 0x008 | 0x010
    private static let capacity = 512

    // `struct epoll_event` is packed on x86-64 only.
    #if arch(x86_64)
        private static let stride = 12
        private static let dataOffset = 4
    #else
        private static let stride = 16
        private static let dataOffset = 8
    #endif

    private let descriptor: Int32
    private let events: UnsafeMutableRawPointer

    init() {
        descriptor = libcEpollCreate(0x80000)
        guard descriptor >= 0 else { failErrno("epoll_create1") }
        events = .allocate(byteCount: Poller.capacity * Poller.stride, alignment: 8)
    }

    func add(_ fd: Int32, index: Int) { control(1, fd, index: index, flags: Poller.readFlag) }

    func change(_ fd: Int32, index: Int, wantsWrite: Bool) {
        control(3, fd, index: index, flags: wantsWrite ? Poller.readFlag | Poller.writeFlag : Poller.readFlag)
    }

    /// Waits for at most `milliseconds` (-1: for ever) and returns how many events there are.
    func wait(milliseconds: Int32) -> Int {
        let count = libcEpollWait(descriptor, events, Int32(Poller.capacity), milliseconds)
        if count < 0 {
            guard errno == EINTR else { failErrno("epoll_wait") }
            return 0
        }
        return Int(count)
    }

    @inline(__always)
    func event(_ position: Int) -> Event {
        let at = events + position * Poller.stride
        let flags = at.loadUnaligned(as: UInt32.self)
        let index = (at + Poller.dataOffset).loadUnaligned(as: UInt64.self)
        return Event(
            index: Int(index),
            readable: flags & (Poller.readFlag | Poller.failureFlags) != 0,
            writable: flags & Poller.writeFlag != 0)
    }

    func close() {
        _ = Glibc.close(descriptor)
        events.deallocate()
    }

    private func control(_ operation: Int32, _ fd: Int32, index: Int, flags: UInt32) {
        withUnsafeTemporaryAllocation(byteCount: 16, alignment: 8) { event in
            event.storeBytes(of: flags, toByteOffset: 0, as: UInt32.self)
            event.storeBytes(of: UInt64(index), toByteOffset: Poller.dataOffset, as: UInt64.self)
            if libcEpollControl(descriptor, operation, fd, event.baseAddress) != 0 { failErrno("epoll_ctl") }
        }
    }
}
