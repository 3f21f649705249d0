import CLinux
import Glibc

/// A thread of the operating system that runs one closure.
package struct Thread: ~Copyable {
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
    package init(name: String, _ body: @escaping @Sendable () -> Void) throws(SystemError) {
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

    /// Waits for its end.
    package consuming func join() { pthread_join(handle, nil) }

    /// Pauses the calling thread.
    package static func sleep(milliseconds: Int) { usleep(UInt32(clamping: milliseconds * 1000)) }
}
