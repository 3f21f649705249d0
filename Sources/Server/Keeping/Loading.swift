import Posix
import Synchronization

/// The loading of the data at a start, on a thread of its own: the main thread takes signals meanwhile, so that a stop
/// need not wait for the end of it.
///
/// A stop during the loading ends the process at once, as SIGKILL would: recovery changes nothing in place, and what it
/// has begun the next start does again.
final class Loading: Sendable {
    /// How far it is.
    enum State { case underWay, done, failed(any Error) }

    /// Without a data directory there is nothing to load.
    private let now = Mutex(State.done)
    private let threads = ThreadGroup()

    /// How far it is now. Its thread has ended unless it is under way.
    var state: State {
        let state = now.withLock { $0 }
        if case .underWay = state { return state }
        threads.join()
        return state
    }

    /// Begins. A failure is told as a signal to stop.
    /// - Throws: `SystemError` when there is no thread for it.
    func start(_ load: @escaping @Sendable () throws -> Void) throws(SystemError) {
        now.withLock { $0 = .underWay }
        try threads.start(name: "nh-load") { [self] in
            do {
                try load()
                now.withLock { $0 = .done }
            } catch {
                now.withLock { $0 = .failed(error) }
                Signals.requestStop()
            }
        }
    }
}
