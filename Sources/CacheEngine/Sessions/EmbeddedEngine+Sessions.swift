import Bytes
import CacheModel

/// Commands on one session.
extension EmbeddedEngine {
    func session(_ command: SessionCommand, _ now: Instant, _ reply: inout Reply) {
        switch command.name {
        case .secret(let digest):
            change(digest, command, ending: .destroyed, now, &reply)
            guard case .read = command.action, reply.session.refusal == .rotated, let handle = reply.session.handle
            else { return }
            // The id was replaced and still reads: what it reads is the session as it is now.
            change(handle, command, now, &reply)
            reply.session.isRotated = reply.session.refusal == nil
        case .handle(let handle): change(handle, command, now, &reply)
        }
    }

    private func change(
        _ digest: SessionDigest, _ command: SessionCommand, ending: SessionEnd, _ now: Instant,
        _ reply: inout Reply
    ) {
        reply.workspace.keys.removeAll()
        let target = sessionKey(digest, in: &reply.workspace)
        let step = SessionStep(command.action, command.text, command.precondition, ending: ending)
        change(target, by: step, now, &reply)
        reply.settleSession()
    }

    /// The handle of a live session; nil, and the refusal in the reply, where there is none under the digest.
    func liveHandle(of digest: SessionDigest, _ now: Instant, _ reply: inout Reply) -> SessionHandle? {
        let look = SessionCommand(
            name: .secret(digest), action: .read(slides: false, wantsData: false), text: Span<UInt8>(),
            precondition: Precondition())
        change(digest, look, ending: .destroyed, now, &reply)
        return reply.outcome == .hit ? reply.session.handle : nil
    }

    /// A session under its handle may get another digest between two looks; then it is looked for again.
    private func change(
        _ handle: SessionHandle, _ command: SessionCommand, _ now: Instant, _ reply: inout Reply
    ) {
        var last: SessionDigest?
        while true {
            guard let digest = digest(of: handle, now, &reply), digest != last else {
                reply.clearSession()
                return
            }
            change(digest, command, ending: .revoked, now, &reply)
            switch reply.session.refusal {
            case .rotated, .gone(.rotated, _): last = digest
            default: return
            }
        }
    }

    /// The digest a handle leads to.
    func digest(of handle: SessionHandle, _ now: Instant, _ reply: inout Reply) -> SessionDigest? {
        reply.workspace.keys.removeAll()
        let target = sessionKey(handle, in: &reply.workspace)
        let shard = shards[target.shard]
        shard.lock.lock()
        defer { shard.lock.unlock() }
        guard let entry = shard.state.pointee.findVisible(target.key, target.hash, now)?.entry else { return nil }
        return entry.sessionDigest
    }
}

extension Entry {
    /// Of a handle's entry; nil where the log said something else.
    var sessionDigest: SessionDigest? {
        let value = value
        guard value.count == SessionDigest.bytes + 4 else { return nil }
        return SessionDigest(value.prefix(SessionDigest.bytes).span)
    }

    /// How often the session was rotated; of a handle's entry.
    var sessionRotations: UInt32 { value.number(UInt32.self, SessionDigest.bytes) }
}

extension Reply {
    /// A refusal has no outcome of its own; where something was refused or full there is nothing to show.
    mutating func settleSession() {
        if outcome != .sessionRefused { session.refusal = nil }
    }
}
