import CLinux
import Glibc

/// A counting semaphore between threads.
///
/// Unsafe: the `sem_t` is allocated once, stays where it is, and is only touched by the thread-safe calls.
package final class Semaphore: @unchecked Sendable {
    private let handle: UnsafeMutablePointer<sem_t>

    package init() {
        handle = .allocate(capacity: 1)
        sem_init(handle, 0, 0)
    }

    deinit {
        sem_destroy(handle)
        handle.deallocate()
    }

    package func signal() { sem_post(handle) }

    package func wait() {
        while sem_wait(handle) != 0 {}
    }

    /// Waits for at most so long.
    /// - Returns: whether it was signalled.
    @discardableResult
    package func wait(milliseconds: Int64) -> Bool {
        var end = timespec()
        clock_gettime(CLOCK_MONOTONIC, &end)
        let nanoseconds = Int64(end.tv_nsec) + milliseconds % 1000 * 1_000_000
        end.tv_sec += Int(milliseconds / 1000 + nanoseconds / 1_000_000_000)
        end.tv_nsec = Int(nanoseconds % 1_000_000_000)
        while true {
            switch nuthatch_sem_clockwait(handle, &end) {
            case 0: return true
            case ETIMEDOUT: return false
            default: continue
            }
        }
    }
}
