import Bytes
import CacheModel

/// One function a command on one key: hash, lock, do, unlock.
extension EmbeddedEngine {
    func read(_ command: Read, _ now: Instant, _ reply: inout Reply) {
        let key = RawBytes(command.key)
        let hash = hasher.hash(key)
        let shard = shard(hash)
        shard.lock.lock()
        shard.state.pointee.read(key, hash, command, now, reply: &reply)
        shard.state.pointee.setHorizon(of: &reply)
        shard.lock.unlock()
    }

    /// A command that may change one key.
    func change(_ command: borrowing Command, of key: RawBytes, _ now: Instant, _ reply: inout Reply) {
        let hash = hasher.hash(key)
        var attempts = RoomAttempts()
        while true {
            let shard = shard(hash)
            shard.lock.lock()
            let step = shard.state.pointee.change(command, hash, now, reply: &reply)
            shard.state.pointee.payForWaste(now)
            shard.state.pointee.setHorizon(of: &reply)
            shard.lock.unlock()
            if isDone(step, hash, &attempts, now, &reply) { return }
        }
    }

    func watch(_ command: Watch, _ now: Instant, _ ticket: Ticket, _ reply: inout Reply) -> Execution {
        let hash = hasher.hash(RawBytes(command.key))
        let shard = shard(hash)
        shard.lock.lock()
        defer { shard.lock.unlock() }
        let execution = shard.state.pointee.watch(hash, command, now, ticket: ticket, reply: &reply)
        shard.state.pointee.setHorizon(of: &reply)
        return execution
    }

    /// After a step: whether the operation is over. When its shard lacked room and had nothing or little to give,
    /// others are asked, with no lock held; when they have nothing either, memory is full and nothing was changed.
    private func isDone(
        _ step: Step, _ hash: UInt64, _ attempts: inout RoomAttempts, _ now: Instant, _ reply: inout Reply
    ) -> Bool {
        guard case .missing(let bytes) = step else { return true }
        if makeRoom(bytes, from: shardNumber(hash), &attempts, now) { return false }
        reply.reset()
        reply.outcome = .memoryFull
        return true
    }
}

extension Shard {
    /// One step of a command that changes one key, which hashes to `hash`.
    mutating func change(
        _ command: borrowing Command, _ hash: UInt64, _ now: Instant, reply: inout Reply
    ) -> Step {
        switch command {
        case .put(let command): return put(hash, command, now, reply: &reply)
        case .extend(let command): return extend(hash, command, now, reply: &reply)
        case .truncate(let command): return truncate(hash, command, now, reply: &reply)
        case .touch(let command): return touch(hash, command, now, reply: &reply)
        case .delete(let command):
            delete(hash, command, now, reply: &reply)
            return .done
        case .read, .watch, .list, .group, .counter, .counterAdds, .limitCheck, .limitChange, .limitPolicy,
            .limitList, .limitDenials, .board, .session, .sessionCreation, .sessionRotation, .sessionList,
            .sessionRevocation:
            preconditionFailure("not a change of one key")
        }
    }

    /// What the reply reveals of this shard: the entry or what was written, and whatever no entry shows.
    @inline(always)
    func setHorizon(of reply: inout Reply) {
        reply.reveal(max(lastFirm, max(reply.entry.position, reply.written)), late: lastUntagged)
    }
}
