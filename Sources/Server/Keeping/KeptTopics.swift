import Bytes
import CacheEngine
import CacheModel
import Posix
import PubSub
import Synchronization

/// Keeps topics as rows of the engine, so that they are in its log and its snapshots, and count as its memory.
///
/// Called with the hub locked; the engine's locks come behind the hub's and never before it.
final class KeptTopics: TopicStore {
    private let engine: EmbeddedEngine
    private let keeper: Keeper
    private let reply = Mutex(Reply())
    private let last = Atomic<UInt64>(0)

    init(_ engine: EmbeddedEngine, _ keeper: Keeper) {
        self.engine = engine
        self.keeper = keeper
    }

    /// The last change of any topic: who is shown one must not be before the log has it.
    var position: Position { Position(packed: last.load(ordering: .acquiring)) }

    func put(_ name: Span<UInt8>, _ row: Span<UInt8>, until end: Instant, at now: Instant) -> KeepingAnswer {
        switch keeper.admission {
        case .open: break
        case .held: return .stalled
        case .full: return .diskFull
        case .failed: return .failed
        }
        let written = reply.withLock { engine.putRow(.topics, name, row, until: end, at: now, &$0) }
        note(written)
        return written == .none ? .noRoom : .kept
    }

    func remove(_ name: Span<UInt8>, at now: Instant) {
        note(reply.withLock { engine.removeRow(.topics, name, at: now, &$0) })
    }

    private func note(_ position: Position) {
        if position != .none { _ = last.max(position.packed, ordering: .acquiringAndReleasing) }
    }

    /// Lets the hub go on where the rows of the engine say.
    /// - Parameter history: names the history of the data, so that places of another one are not taken for its own.
    func open(_ hub: Hub, history: UInt64) {
        // Numbers that were given out and lost came with another epoch of positions (decision 0013).
        let epoch = (history & 0xFFFF_FFFF) << 16 | UInt64(engine.epoch)
        var rows: [TopicRow] = []
        engine.forEachRow(of: .topics) { name, row in
            if let row = TopicRow(name, row, epoch: epoch) { rows.append(row) }
        }
        hub.open(self, epoch: epoch, rows: rows, at: Instant(milliseconds: Clock.wallMilliseconds()))
    }
}
