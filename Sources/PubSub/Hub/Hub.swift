import Bytes
import CacheModel
import Synchronization

/// Where events meet their subscribers: the one order of all events, what topics remember of it, and who listens.
///
/// ```
///  publish ──► [lock: number, history, listeners ──► inbox of each loop] ──► wake each loop once
///                                                          │
///  loop's turn: take ──► each event, for each of the loop's listeners ──► its queue
/// ```
/// One lock guards it all. Under it an event gets its number and is put into the inboxes, so that every loop sees all
/// events in one order, and a single number marks a reader's place in every topic. The lock is held for some hundreds
/// of nanoseconds: nothing is encoded, copied or written under it (decision 0021). Who listens to a topic is kept ready
/// as arrays by loop; an inbox takes a reference to them.
///
/// Joining reads the newest number under the same lock. A reader who is behind takes what histories hold piece by piece
/// (``replay(_:through:at:bytes:)``), and leaves what comes meanwhile to them; it is live once nothing is left up to
/// what its loop has handed out. So replay and live delivery meet without a hole and without an overlap.
package final class Hub: Sendable {
    /// Which run of the order this is; see ``Cursor/epoch``.
    package var epoch: UInt64 { currentEpoch.load(ordering: .relaxed) }
    private let currentEpoch: Atomic<UInt64>
    package let loops: Int
    private let waker: any LoopWaker
    private let state: Mutex<HubState>
    /// Streams that name a topic of the server's own, or a pattern of such.
    let ownListeners = Atomic<Int>(0)

    /// - Parameters:
    ///   - epoch: below 2^48, and another one after every restart that forgets events.
    package init(
        epoch: UInt64, loops: Int, limits: PubSubLimits = PubSubLimits(), waker: any LoopWaker
    ) {
        precondition(loops >= 1 && epoch < 1 << 48)
        currentEpoch = Atomic(epoch)
        self.loops = loops
        self.waker = waker
        state = Mutex(HubState(epoch: epoch, loops: loops, limits: limits))
    }

    /// Goes on where a store left off, before anybody listens or publishes, and keeps in it from now on.
    ///
    /// - Parameters:
    ///   - epoch: the same as before only where every number that was given out is known to the store.
    ///   - rows: all that the store holds, in any order.
    package func open(_ store: any TopicStore, epoch: UInt64, rows: [TopicRow], at now: Instant) {
        precondition(epoch < 1 << 48)
        currentEpoch.store(epoch, ordering: .relaxed)
        update { $0.open(store, epoch: epoch, rows: rows, at: now) }
    }

    /// Runs `body` with the state locked, then wakes the loops that were given something.
    ///
    /// - Parameter own: a loop that looks into its inbox by itself at the end of its turn: it is not woken.
    func update<Result: Sendable>(own: Int? = nil, _ body: (inout sending HubState) -> Result) -> Result {
        var woken: [Int] = []
        let result = state.withLock { state in
            let result = body(&state)
            for loop in 0..<loops where !state.inboxes[loop].isSignalled && !state.inboxes[loop].deliveries.isEmpty {
                state.inboxes[loop].isSignalled = true
                if loop != own { woken.append(loop) }
            }
            return result
        }
        for loop in woken { waker.wake(loop) }
        return result
    }

    /// Takes what the loop was given, and the number of the newest event there is: nothing up to it comes later.
    package func take(_ loop: Int) -> (deliveries: [Delivery], head: UInt64) {
        state.withLock { state in
            state.inboxes[loop].isSignalled = false
            let deliveries = state.inboxes[loop].deliveries
            state.inboxes[loop].deliveries = []
            return (deliveries, state.head)
        }
    }

    /// The place behind the newest event.
    package var head: Cursor { state.withLock { $0.cursor($0.head) } }

    /// The last change of what is kept of topics, `.none` where nothing is.
    package var keptPosition: Position { state.withLock { $0.store?.position ?? .none } }

    package func statistics() -> TopicStatistics {
        state.withLock { state in
            var statistics = state.statistics
            statistics.topics = UInt64(state.topics.count)
            statistics.declaredTopics = UInt64(state.declared.count)
            statistics.historyBytes = UInt64(state.historyBytes)
            statistics.recentBytes = UInt64(state.recent.reduce(0) { $0 + $1.bytes })
            statistics.members = UInt64(state.members)
            return statistics
        }
    }
}
