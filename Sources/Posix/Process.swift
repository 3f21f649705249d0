import CLinux
import Glibc

/// What the process asks of the operating system about itself.
public enum Process {
    /// Cores this process may run on.
    public static var availableCores: Int {
        Int(nuthatch_available_cores())
    }

    /// Raises the soft limit of open descriptors to the hard one and returns it.
    public static func raiseDescriptorLimit() -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        if limit.rlim_cur < limit.rlim_max {
            var raised = limit
            raised.rlim_cur = min(limit.rlim_max, 1 << 20)
            if raised.rlim_cur > limit.rlim_cur, setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &raised) == 0 {
                limit = raised
            }
        }
        return Int(clamping: limit.rlim_cur)
    }

    /// 64 bits from the kernel's generator.
    public static func randomWord() -> UInt64 {
        var word: UInt64 = 0
        precondition(nuthatch_random(&word, 8) == 0, "the kernel gave no random bytes")
        return word
    }

    public static var id: Int32 { getpid() }

    /// What the process was started with, without its name. From the kernel: the Swift runtime looks for it beside the
    /// environment, and finds nothing where a preloaded library has added a variable before `main`.
    public static var arguments: [String] {
        guard let text = try? Files.readAll("/proc/self/cmdline", limit: 4 << 20), !text.isEmpty else {
            return Array(CommandLine.arguments.dropFirst())
        }
        return text.dropLast().split(separator: 0, omittingEmptySubsequences: false).dropFirst()
            .map { String(decoding: $0, as: UTF8.self) }
    }

    /// Ends the process at once, with its threads wherever they are.
    public static func end(_ code: Int32) -> Never { _exit(code) }

    /// Has freed values of `threshold` bytes and more go back to the system, so that what the process has in memory
    /// follows what is accounted; costs such a value some page faults. Call before the first thread.
    public static func returnLargeBlocks(of threshold: Int) {
        nuthatch_return_large_blocks(Int32(clamping: threshold))
    }

    /// A write to a closed socket must not end the process: ignored here, beside `MSG_NOSIGNAL` on every send.
    public static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

    /// A file that grows past a limit is an error of its write, not the end of the process.
    public static func ignoreFileSizeSignal() { signal(SIGXFSZ, SIG_IGN) }
}

/// Signals that end or reload the server, waited for on the main thread.
public enum Signals {
    public enum Received: Sendable { case stop, reload }

    /// Blocks SIGTERM, SIGINT and SIGHUP in this thread and all it starts: call before the first thread.
    public static func block() {
        var set = watched()
        pthread_sigmask(SIG_BLOCK, &set, nil)
    }

    /// Has this process told to stop, as from outside.
    public static func requestStop() { kill(getpid(), SIGTERM) }

    /// Waits for the next of them.
    public static func wait() -> Received {
        var set = watched()
        var signal: Int32 = 0
        while sigwait(&set, &signal) != 0 {}
        return signal == SIGHUP ? .reload : .stop
    }

    private static func watched() -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, SIGTERM)
        sigaddset(&set, SIGINT)
        sigaddset(&set, SIGHUP)
        return set
    }
}
