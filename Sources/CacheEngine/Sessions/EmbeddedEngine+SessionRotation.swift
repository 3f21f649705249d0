import Bytes
import CacheModel

extension EmbeddedEngine {
    func sessionRotation(_ command: SessionRotation, _ now: Instant, _ reply: inout Reply) {
        // The handle of an id never changes, so it may be looked up before.
        guard let handle = handle(of: command.digest, now, &reply) else { return }
        let user = if let user = command.user { user } else { Span<UInt8>() }
        let hasUser = !user.isEmpty
        let group = SessionGroups.user(user, stateHasher)
        let sessions = context.pointee.sessions
        if hasUser { sessions.lockUser(group) }
        defer { if hasUser { sessions.unlockUser(group) } }
        var surplus: [LiveSession] = []
        if hasUser, let cap = command.cap {
            guard let found = self.surplus(of: user, cap, sparing: handle, now, &reply) else { return }
            surplus = found
        }
        reply.workspace.keys.removeAll(keeping: 1 << 16)
        reply.workspace.keys.reserve(
            SessionKeys.handleKeyBytes + SessionKeys.digestKeyBytes * (surplus.count + 2))
        let targets = SessionMove.Targets(
            old: sessionKey(command.digest, in: &reply.workspace), new: sessionKey(command.next, in: &reply.workspace),
            handle: sessionKey(handle, in: &reply.workspace),
            surplus: surplus.map { sessionKey($0.digest, in: &reply.workspace) })
        let numbers = Set(
            [targets.old.shard, targets.new.shard, targets.handle.shard] + targets.surplus.map(\.shard)
        ).sorted()
        change(on: numbers, by: SessionMove(command, targets), now, &reply)
        reply.settleSession()
    }

    /// The handle of a live session; nil, and the refusal in the reply, where there is none.
    private func handle(of digest: SessionDigest, _ now: Instant, _ reply: inout Reply) -> SessionHandle? {
        let look = SessionCommand(
            name: .secret(digest), action: .read(slides: false, wantsData: false), text: Span<UInt8>(),
            precondition: Precondition())
        session(look, now, &reply)
        guard reply.outcome == .hit else { return nil }
        if reply.session.isRotated {
            reply.refuse(.rotated)
            return nil
        }
        return reply.session.handle
    }
}
