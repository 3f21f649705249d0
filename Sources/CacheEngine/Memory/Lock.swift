import Glibc

/// A lock that is taken and left without a closure: a command's spans cannot be captured by one.
///
/// The C library's adaptive mutex, which spins a little before it sleeps: 8 ns for taking and leaving it alone, where
/// the standard library's takes 10; and the thread sanitizer knows it, as it does not know the other. Each `lock` needs
/// one `unlock` by the same thread.
///
/// Unsafe: the mutex has an allocation, and so an address and a cache line, of its own until `destroy`.
struct Lock {
    static let lineBytes = 64
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>

    init() {
        let memory = UnsafeMutableRawPointer.allocate(byteCount: Self.lineBytes, alignment: Self.lineBytes)
        mutex = memory.bindMemory(to: pthread_mutex_t.self, capacity: 1)
        var attributes = pthread_mutexattr_t()
        pthread_mutexattr_init(&attributes)
        pthread_mutexattr_settype(&attributes, Int32(PTHREAD_MUTEX_ADAPTIVE_NP))
        let code = pthread_mutex_init(mutex, &attributes)
        precondition(code == 0, "no mutex could be made")
        pthread_mutexattr_destroy(&attributes)
    }

    func destroy() {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    @inline(always)
    func lock() { pthread_mutex_lock(mutex) }

    /// Takes the lock if nobody has it.
    @inline(always)
    func tryLock() -> Bool { pthread_mutex_trylock(mutex) == 0 }

    @inline(always)
    func unlock() { pthread_mutex_unlock(mutex) }
}

/// A value behind a lock of its own.
///
/// Unsafe: the value is touched only inside `withLock`.
struct Guarded<Value>: ~Copyable, @unchecked Sendable {
    private let lock = Lock()
    private let value: UnsafeMutablePointer<Value>

    init(_ value: Value) {
        self.value = .allocate(capacity: 1)
        self.value.initialize(to: value)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        lock.destroy()
    }

    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        lock.lock()
        defer { lock.unlock() }
        return body(&value.pointee)
    }
}
