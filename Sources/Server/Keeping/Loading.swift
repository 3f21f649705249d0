import Posix
import Synchronization

/// The loading of the data at a start, on a thread of its own: the main thread takes signals meanwhile, so that a stop
/// need not wait for the end of it.
///
/// A stop during the loading ends the process at once, as SIGKILL would: recovery changes nothing in place, and what it
/// has begun the next start does again.
final class Loading: Sendable {
    private enum State { case underWay, done, failed(any Error) }

    /// Without a data directory there is nothing to load.
    private let state = Mutex(State.done)
    private let threads = ThreadGroup()

    var isUnderWay: Bool {
        state.withLock { state in
            if case .underWay = state { true } else { false }
        }
    }

    /// Waits for its end, and says why it failed.
    func finish() -> (any Error)? {
        threads.join()
        return state.withLock { state in
            if case .failed(let error) = state { error } else { nil }
        }
    }

    /// Begins. A failure is told as a signal to stop.
    /// - Throws: `SystemError` when there is no thread for it.
    func start(_ load: @escaping @Sendable () throws -> Void) throws(SystemError) {
        state.withLock { $0 = .underWay }
        try threads.start(name: "nh-load") { [self] in
            do {
                try load()
                state.withLock { $0 = .done }
            } catch {
                state.withLock { $0 = .failed(error) }
                Signals.requestStop()
            }
        }
    }
}
