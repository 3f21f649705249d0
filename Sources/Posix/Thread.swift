import CLinux
import Glibc
import Synchronization

/// A thread of the operating system that runs one closure.
public struct Thread: ~Copyable {
    private let handle: pthread_t

    private final class Start {
        let name: String
        let body: @Sendable () -> Void
        init(_ name: String, _ body: @escaping @Sendable () -> Void) {
            self.name = name
            self.body = body
        }
    }

    /// Starts `body` on a new thread; `name` has at most 15 bytes.
    public init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        var made = pthread_t()
        let start = Unmanaged.passRetained(Start(name, body))
        let code = pthread_create(
            &made, nil,
            { argument in
                let start = Unmanaged<Start>.fromOpaque(argument!).takeRetainedValue()
                nuthatch_name_thread(start.name)
                start.body()
                return nil
            }, start.toOpaque())
        guard code == 0 else {
            start.release()
            throw SystemError(code: code, call: "pthread_create")
        }
        handle = made
    }

    /// Gives the thread to a group.
    fileprivate consuming func release() -> pthread_t { handle }

    /// Waits for its end.
    public consuming func join() { pthread_join(handle, nil) }

    /// Gives the calling thread a small part of the processor while others want it (nice 15): for work that nobody
    /// waits for.
    public static func lowerPriority() {
        nuthatch_lower_priority()
        nuthatch_shorten_slice()
    }

    /// Lets threads that wake up have the calling thread's processor soon: for long work at the same priority as
    /// theirs, because it holds locks that they want. One of low priority that is not let run would hold them for long.
    public static func yieldSoon() { nuthatch_shorten_slice() }

    /// Lets whoever waits for the calling thread's core go first, now and not at the scheduler's next tick, which may
    /// be 4 ms away: for long work beside requests to call every hundred microseconds or so. A system call that returns
    /// at once when nobody waits.
    public static func giveWay() { sched_yield() }

    /// Gives way at every 128th of many small steps, each a microsecond or less.
    public static func giveWay(atStep step: Int) {
        if step.isMultiple(of: 128) { giveWay() }
    }

    /// Pauses the calling thread.
    public static func sleep(milliseconds: Int) { usleep(UInt32(clamping: milliseconds * 1000)) }
}

/// Several threads that are waited for together, by whoever holds the group.
///
/// Unsafe: the handles are touched only under the lock, and each is joined once.
public final class ThreadGroup: @unchecked Sendable {
    private let handles = Mutex<[pthread_t]>([])

    public init() {}

    /// Starts one more; `name` has at most 15 bytes.
    public func start(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
        let handle = try Thread(name: name, body).release()
        handles.withLock { $0.append(handle) }
    }

    /// Waits for the end of all; nothing when that was done.
    public func join() {
        let handles = handles.withLock { handles in
            defer { handles = [] }
            return handles
        }
        for handle in handles { pthread_join(handle, nil) }
    }
}
