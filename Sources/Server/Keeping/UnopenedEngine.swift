import CacheModel

/// Stands where the engine will be while the data is being loaded. Requests for data are refused before they come here.
final class UnopenedEngine: Engine {
    func execute(
        _ command: borrowing Command, at now: Instant, ticket: Ticket, reply: inout Reply
    ) -> Execution {
        reply.reset()
        return .completed
    }

    func cancel(_ ticket: Ticket) {}
    func maintain(at now: Instant, worker: Int, of workers: Int) {}
    func statistics() -> EngineStatistics { EngineStatistics() }
}
