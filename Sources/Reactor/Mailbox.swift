import Posix
import Synchronization

/// Brings words from other threads into a loop.
///
/// The first word wakes the loop, further ones find it awake: a burst costs one system call.
public final class Mailbox: Sendable {
    private struct State {
        var words: [UInt64] = []
        var isSignalled = false
    }

    private let state = Mutex(State())
    let wakeup: WakeupDescriptor

    public init() throws(SystemError) { wakeup = try WakeupDescriptor() }

    /// Leaves a word. From any thread; never blocks for longer than another delivery takes.
    public func deliver(_ word: UInt64) {
        let wakes = state.withLock { state in
            state.words.append(word)
            defer { state.isSignalled = true }
            return !state.isSignalled
        }
        if wakes { wakeup.signal() }
    }

    /// Takes all that has been left.
    func takeAll() -> [UInt64] {
        wakeup.reset()
        return state.withLock { state in
            state.isSignalled = false
            defer { state.words = [] }
            return state.words
        }
    }
}
