import Bytes
import CacheModel

/// Beginning sessions, within what a user may have.
extension EmbeddedEngine {
    /// Ends that are part of the step that needed them: a group of the log has 65,535 records at most. The more is done
    /// one by one before it.
    private static let endsInOneStep = 4096

    func sessionCreation(_ command: SessionCreation, _ now: Instant, _ reply: inout Reply) {
        let group = SessionGroups.user(command.user, stateHasher)
        let hasUser = !command.user.isEmpty
        if hasUser { context.pointee.sessions.lockUser(group) }
        repeat { begin(command, now, &reply) } while reply.session.needsAnotherLook
        if hasUser { context.pointee.sessions.unlockUser(group) }
    }

    /// The user, if there is one, is locked.
    private func begin(_ command: SessionCreation, _ now: Instant, _ reply: inout Reply) {
        reply.session.needsAnotherLook = false
        var surplus = Surplus()
        if !command.user.isEmpty, let cap = command.cap {
            guard let found = self.surplus(of: command.user, cap, sparing: nil, now, &reply) else { return }
            surplus = found
        }
        reply.workspace.keys.removeAll(keeping: 1 << 16)
        reply.workspace.keys.reserve(
            SessionKeys.handleKeyBytes + SessionKeys.digestKeyBytes * (surplus.sessions.count + 1))
        let target = sessionKey(command.digest, in: &reply.workspace)
        let handleTarget = sessionKey(command.handle, in: &reply.workspace)
        let others = surplus.sessions.map { sessionKey($0.digest, in: &reply.workspace) }
        let numbers = Set([target.shard, handleTarget.shard] + others.map(\.shard)).sorted()
        change(
            on: numbers, by: SessionBeginning(command, target, handleTarget, surplus: others), now, &reply)
        reply.settleSession()
        reply.session.revoked += surplus.ended
    }

    /// A session of a user at one moment.
    struct LiveSession {
        let digest: SessionDigest
        let handle: SessionHandle
        let createdAt: Instant
    }

    /// Sessions that must end for one more to begin, and how many did already.
    struct Surplus {
        var sessions: [LiveSession] = []
        var ended = 0
    }

    /// The sessions of a user that must end before one more begins; nil where that is refused. The user is locked.
    ///
    /// - Parameter spared: a session of the user that goes on and counts as the one more.
    func surplus(
        of user: Span<UInt8>, _ cap: SessionCap, sparing spared: SessionHandle?, _ now: Instant,
        _ reply: inout Reply
    ) -> Surplus? {
        var live = self.live(of: user, now, &reply)
        live.removeAll { $0.handle == spared }
        guard live.count >= cap.most else { return Surplus() }
        guard cap.policy == .oldest else {
            reply.clearSession()
            reply.refuse(.cap(live: live.count))
            return nil
        }
        live.sort { $0.createdAt != $1.createdAt ? $0.createdAt < $1.createdAt : $0.handle < $1.handle }
        let all = live.prefix(live.count - cap.most + 1)
        var ended = 0
        for session in all.dropLast(Self.endsInOneStep) {
            if end(session.handle, .capped, of: user, now, &reply) { ended += 1 }
        }
        return Surplus(sessions: Array(all.suffix(Self.endsInOneStep)), ended: ended)
    }

    /// All live sessions of a user.
    func live(of user: Span<UInt8>, _ now: Instant, _ reply: inout Reply) -> [LiveSession] {
        let group = SessionGroups.user(user, stateHasher)
        let found = context.pointee.sessions.handles(of: group, after: nil, most: .max)
        reply.reveal(found.last)
        var live: [LiveSession] = []
        for handle in found.handles {
            lookUp(handle, now, &reply) { entry, head, digest in
                let fields = entry.fields.span
                guard fields.extracting(head.user).equals(user) else { return }
                live.append(LiveSession(digest: digest, handle: handle, createdAt: head.createdAt))
            }
        }
        return live
    }
}
