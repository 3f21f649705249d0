import Bytes
import CacheModel
import Synchronization

/// The engine's contract in the plainest form: a dictionary behind one lock. Slow and obviously right; the surface is
/// tested against it, so that a failure here is the surface's.
final class ModelEngine: Engine {
    struct Entry {
        var value: [UInt8]
        var fields: [UInt8]
        var position: Position
        var modifiedAt: Instant
        var lifetime: Lifetime
        var freshUntil: Instant
        var version: UInt64?
    }

    struct State {
        var entries: [[UInt8]: Entry] = [:]
        var gone: [[UInt8]: (reason: MissReason, at: Instant)] = [:]
        var watchers: [(key: [UInt8], ticket: Ticket)] = []
        var delivered: [Ticket] = []
        var number: UInt64 = 0
    }

    let state = Mutex(State())
    let indexed: Bool
    /// Rows a step of a table walk has: more than one shows what a page does with them.
    let stepRows: Int

    init(indexed: Bool = false, stepRows: Int = 3) {
        self.indexed = indexed
        self.stepRows = stepRows
    }

    func execute(_ command: borrowing Command, at now: Instant, ticket: Ticket, reply: inout Reply) -> Execution {
        reply.reset()
        return state.withLock { state in
            ModelRun.run(command, now, ticket, indexed, stepRows, &state, &reply)
        }
    }

    func cancel(_ ticket: Ticket) { state.withLock { $0.watchers.removeAll { $0.ticket == ticket } } }
    func maintain(at now: Instant, worker: Int, of workers: Int) {}

    func statistics() -> EngineStatistics {
        state.withLock { state in
            var statistics = EngineStatistics()
            statistics.entries = UInt64(state.entries.count)
            statistics.position = Position(epoch: 1, number: state.number)
            return statistics
        }
    }

    var delivered: [Ticket] { state.withLock { $0.delivered } }
}

extension ModelEngine.Entry {
    func info() -> EntryInfo {
        var info = EntryInfo()
        info.position = position
        info.modifiedAt = modifiedAt
        info.freshUntil = freshUntil
        info.expiresAt = lifetime.expiresAt
        info.idle = lifetime.idle
        info.staleWhileRevalidate = lifetime.staleWhileRevalidate
        info.staleIfError = lifetime.staleIfError
        info.version = version
        info.valueCount = value.count
        return info
    }

    mutating func start(_ lifetime: Lifetime, at now: Instant) {
        self.lifetime = lifetime
        slide(at: now)
    }

    mutating func slide(at now: Instant) {
        freshUntil = lifetime.expiresAt
        if lifetime.idle > 0 { freshUntil = min(freshUntil, now.advanced(byMilliseconds: lifetime.idle)) }
    }
}
