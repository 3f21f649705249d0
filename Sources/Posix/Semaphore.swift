import CLinux
import Glibc

/// A counting semaphore between threads.
///
/// Unsafe: the `sem_t` is allocated once, stays where it is, and is only touched by the thread-safe calls.
public final class Semaphore: @unchecked Sendable {
    private let handle: UnsafeMutablePointer<sem_t>

    public init() {
        handle = .allocate(capacity: 1)
        sem_init(handle, 0, 0)
    }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    public func signal() { sem_post(handle) }

    public func wait() {
        while sem_wait(handle) != 0 {}
    }

    /// Waits for a signal, at most so long; false when none came. With 0 it only looks.
    @discardableResult
    public func wait(milliseconds: Int64) -> Bool {
        nuthatch_wait_semaphore(handle, milliseconds) == 0
    }
}
