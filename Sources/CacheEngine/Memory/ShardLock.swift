import Synchronization

/// A shard's lock, taken and left without a closure: a command's spans cannot be captured by one.
///
/// The standard library's mutex: 12 ns for both when nobody else wants it, a futex when somebody does. It must stay at
/// one address; each `lock` needs one `unlock` by the same thread.
struct ShardLock: ~Copyable {
    private let mutex = Mutex<Void>(())

    @inline(always)
    func lock() { mutex._unsafeLock() }

    @inline(always)
    func unlock() { mutex._unsafeUnlock() }
}
