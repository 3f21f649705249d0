import Bytes
import CacheModel

extension EmbeddedEngine {
    func sessionRotation(_ command: SessionRotation, _ now: Instant, _ reply: inout Reply) {
        // The handle of an id never changes, so it may be looked up before.
        guard let handle = liveHandle(of: command.digest, now, &reply) else { return }
        let user = if let user = command.user { user } else { Span<UInt8>() }
        let hasUser = !user.isEmpty
        let group = SessionGroups.user(user, stateHasher)
        if hasUser { context.pointee.sessions.lockUser(group) }
        repeat { rotate(command, handle, user, now, &reply) } while reply.session.needsAnotherLook
        if hasUser { context.pointee.sessions.unlockUser(group) }
    }

    /// The user, if there is a new one, is locked.
    private func rotate(
        _ command: SessionRotation, _ handle: SessionHandle, _ user: Span<UInt8>, _ now: Instant, _ reply: inout Reply
    ) {
        reply.session.needsAnotherLook = false
        var surplus = Surplus()
        if !user.isEmpty, let cap = command.cap {
            guard let found = self.surplus(of: user, cap, sparing: handle, now, &reply) else { return }
            surplus = found
        }
        reply.workspace.keys.removeAll(keeping: 1 << 16)
        reply.workspace.keys.reserve(
            SessionKeys.handleKeyBytes + SessionKeys.digestKeyBytes * (surplus.sessions.count + 2))
        let targets = SessionMove.Targets(
            old: sessionKey(command.digest, in: &reply.workspace), new: sessionKey(command.next, in: &reply.workspace),
            handle: sessionKey(handle, in: &reply.workspace),
            surplus: surplus.sessions.map { sessionKey($0.digest, in: &reply.workspace) })
        let numbers = Set(
            [targets.old.shard, targets.new.shard, targets.handle.shard] + targets.surplus.map(\.shard)
        ).sorted()
        change(on: numbers, by: SessionMove(command, targets), now, &reply)
        reply.settleSession()
        reply.session.revoked += surplus.ended
    }
}
