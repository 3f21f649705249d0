import CacheModel
import Durability
import Synchronization

/// Replies of one loop that may not leave before the log has what they reveal, and changes that may not be made before
/// the log has written more of those before them.
///
/// A held reply stands in its connection's output; nothing is run again when it is let go, and the log wakes a loop
/// once for a whole batch. A held change is a parked request. Lives on the loop's thread, but for ``HoldFlag``.
final class ReplyHold {
    /// How long a reply is held before its client is told that nobody knows, in milliseconds.
    static let longest: Int64 = 5000

    private struct Held {
        let connection: HTTPConnection
        /// Which of the connection's holds this is: a connection may have gone, or hold again.
        let number: UInt32
    }

    private let keeper: Keeper
    private let log: DurableLog
    private let progress: LogProgress
    private let flag: HoldFlag
    private var held: [Held] = []
    private var heldChanges = HeldChanges()
    private var waking = LogWaking()
    /// How far the log was when all were last looked at.
    private var seen: Seen

    private struct Seen: Equatable {
        var released: Position
        var synced: Position
        var state: LogState

        init(_ progress: LogProgress) {
            released = progress.released
            synced = progress.synced
            state = progress.state
        }
    }

    init(_ keeper: Keeper, loop: Int) {
        self.keeper = keeper
        log = keeper.log
        progress = keeper.progress
        flag = keeper.flags[loop]
        seen = Seen(keeper.progress)
    }

    /// Whether the log has all up to here, as the policy says.
    func isReleased(_ horizon: Position) -> Bool { horizon <= progress.released }

    /// Whether the replies of a hold may leave. A log that cannot be written is not waited for by what it may say late.
    func mayLeave(_ hold: Hold) -> Bool {
        guard hold.synced == .none || hold.synced <= progress.synced else { return false }
        return isReleased(hold.horizon) || progress.state.holdsBack && isReleased(hold.firm)
    }

    /// Keeps the connection until ``release()`` finds that its reply may leave.
    func add(_ connection: HTTPConnection) {
        held.append(Held(connection: connection, number: connection.hold.number))
        waking.noteHeld()
        if connection.hold.synced != .none { log.requestSync(through: connection.hold.synced) }
        flag.raise()
    }

    /// Keeps the ticket of a parked request until its change may be made.
    func add(change ticket: Ticket, isParked: (Ticket) -> Bool) {
        heldChanges.add(ticket, isParked: isParked)
        flag.raise()
    }

    /// The next request whose change may be made now, in the order they came; nil when there is none.
    func nextChange() -> Ticket? {
        guard !heldChanges.isEmpty else { return nil }
        // As for replies: raised before looking.
        flag.raise()
        return keeper.admission == .held ? nil : heldChanges.next()
    }

    /// The log moved, or the flag was raised just when it did: lets go what may leave.
    func release() {
        guard !held.isEmpty else { return }
        // Raised before looking: a move that comes while we look then wakes this loop again.
        flag.raise()
        seen = Seen(progress)
        let isHopeless = progress.state.holdsBack
        let waiting = held
        held.removeAll(keepingCapacity: waiting.count <= 4096)
        for one in waiting where one.connection.isHolding(one.number) {
            if mayLeave(one.connection.hold) {
                one.connection.letGo()
            } else if isHopeless {
                one.connection.giveUpHolding()
            } else {
                held.append(one)
            }
        }
    }

    /// The loop's turn is over: the log may write what it made. What was released meanwhile is let go first, and where
    /// the log holds all back what was held in this turn need not wait to be told so.
    /// - Parameters:
    ///   - turnStart: when the turn began, in nanoseconds.
    ///   - now: not before its last answer; nil when no turn may follow.
    /// - Returns: whether the loop should look for more at once, and then say again that its turn is over.
    func turnEnded(turnStart: Int64, now: Int64?) -> Bool {
        if !held.isEmpty, progress.state.holdsBack || Seen(progress) != seen { release() }
        if let now, log.isSleeping, waking.waits(turnStart: turnStart, now: now) { return true }
        waking = LogWaking()
        log.kick()
        return false
    }
}

/// Says to the log's threads that a loop holds replies. A loop raises it before it looks for the last time at how far
/// the log is, and the log lowers it after it has moved: so one of the two always sees the other.
final class HoldFlag: Sendable {
    private let isRaised = Atomic<Bool>(false)

    func raise() { isRaised.store(true, ordering: .sequentiallyConsistent) }

    func lower() -> Bool { isRaised.exchange(false, ordering: .sequentiallyConsistent) }
}
