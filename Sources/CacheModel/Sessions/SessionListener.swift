/// Told what happens to sessions, as it happens. Called with the session's shard locked: it must not call the engine,
/// nor take a lock under which somebody else does; it notes the event and returns.
public protocol SessionListener: Sendable {
    func happened(_ event: SessionEvent)
}
