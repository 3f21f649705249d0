import Bytes
import CacheModel

/// All boards by name, and whose turn it is to be looked after.
///
/// Unsafe only in its lock: see `Guarded`. Whoever holds the shelf's lock may take a board's, never the other way.
final class BoardShelf: Sendable {
    struct State {
        var boards: [[UInt8]: Board] = [:]
        /// The same in an order to go round in.
        var round: [Board] = []
        var turn = 0
        /// Boards with more to do than one slice.
        var busy: [Board] = []
        /// Rows that came before what they belong to, while the log is read.
        var strays: [[UInt8]: [StrayRow]] = [:]
    }

    /// A member's row without its board or season.
    struct StrayRow {
        var name: [UInt8]
        var season: Int
        var value: [UInt8]
        var position: Position
    }

    /// Boards looked at in one turn of upkeep: a microsecond each where nothing is due.
    private static let perTurn = 64
    /// Of boards with more to do, so many get a slice, of so many members: half a millisecond.
    private static let busyPerTurn = 2
    private static let slice = 512

    private let state = Guarded(State())

    func withLock<Result>(_ body: (inout State) -> Result) -> Result { state.withLock(body) }

    func find(_ name: RawBytes) -> Board? { state.withLock { $0.boards[name.span.copied()] } }

    /// Forgets all boards.
    func removeAll() { state.withLock { $0 = State() } }

    var count: Int { state.withLock { $0.boards.count } }

    var all: [Board] { state.withLock { $0.round } }

    /// The board that was made first, of those made at a position or behind it.
    func first(createdFrom position: UInt64) -> Board? {
        state.withLock { state in
            state.round.filter { $0.created.packed >= position }.min { $0.created < $1.created }
        }
    }

    /// Lets some boards do what their calendars say.
    func maintain(at now: Instant) {
        let due = state.withLock { state in
            var due = Array(state.busy.prefix(Self.busyPerTurn))
            state.busy.removeFirst(due.count)
            for _ in 0..<min(Self.perTurn, state.round.count) {
                state.turn = (state.turn + 1) % state.round.count
                due.append(state.round[state.turn])
            }
            return due
        }
        for board in due {
            board.lock.lock()
            let isBusy = !board.isRemoved && board.maintain(at: now, most: Self.slice)
            board.lock.unlock()
            if isBusy {
                state.withLock { state in if !state.busy.contains(where: { $0 === board }) { state.busy.append(board) }
                }
            }
        }
    }
}

extension BoardShelf.State {
    mutating func insert(_ board: Board) {
        boards[board.name] = board
        round.append(board)
    }

    mutating func remove(_ board: Board) {
        boards[board.name] = nil
        round.removeAll { $0 === board }
        busy.removeAll { $0 === board }
    }
}
