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
        shard.lock.unlock()
    }

    func put(_ command: Put, _ now: Instant, _ reply: inout Reply) {
        let hash = hasher.hash(RawBytes(command.key))
        var attempts = RoomAttempts()
        while true {
            let shard = shard(hash)
            shard.lock.lock()
            let step = shard.state.pointee.put(hash, command, now, reply: &reply)
            shard.state.pointee.payForWaste(now)
            shard.lock.unlock()
            if isDone(step, hash, &attempts, now, &reply) { return }
        }
    }

    func delete(_ command: Delete, _ now: Instant, _ reply: inout Reply) {
        let hash = hasher.hash(RawBytes(command.key))
        let shard = shard(hash)
        shard.lock.lock()
        shard.state.pointee.delete(hash, command, now, reply: &reply)
        shard.state.pointee.payForWaste(now)
        shard.lock.unlock()
    }

    func extend(_ command: Extend, _ now: Instant, _ reply: inout Reply) {
        let hash = hasher.hash(RawBytes(command.key))
        var attempts = RoomAttempts()
        while true {
            let shard = shard(hash)
            shard.lock.lock()
            let step = shard.state.pointee.extend(hash, command, now, reply: &reply)
            shard.state.pointee.payForWaste(now)
            shard.lock.unlock()
            if isDone(step, hash, &attempts, now, &reply) { return }
        }
    }

    func truncate(_ command: Truncate, _ now: Instant, _ reply: inout Reply) {
        let hash = hasher.hash(RawBytes(command.key))
        var attempts = RoomAttempts()
        while true {
            let shard = shard(hash)
            shard.lock.lock()
            let step = shard.state.pointee.truncate(hash, command, now, reply: &reply)
            shard.state.pointee.payForWaste(now)
            shard.lock.unlock()
            if isDone(step, hash, &attempts, now, &reply) { return }
        }
    }

    func touch(_ command: Touch, _ now: Instant, _ reply: inout Reply) {
        let hash = hasher.hash(RawBytes(command.key))
        var attempts = RoomAttempts()
        while true {
            let shard = shard(hash)
            shard.lock.lock()
            let step = shard.state.pointee.touch(hash, command, now, reply: &reply)
            shard.state.pointee.payForWaste(now)
            shard.lock.unlock()
            if isDone(step, hash, &attempts, now, &reply) { return }
        }
    }

    func watch(_ command: Watch, _ now: Instant, _ ticket: Ticket, _ reply: inout Reply) -> Execution {
        let hash = hasher.hash(RawBytes(command.key))
        let shard = shard(hash)
        shard.lock.lock()
        defer { shard.lock.unlock() }
        return shard.state.pointee.watch(hash, command, now, ticket: ticket, reply: &reply)
    }

    /// After a step: whether the operation is over. When its shard lacked room and had nothing to give, others are
    /// asked, with no lock held; when they have nothing either, memory is full and nothing was changed.
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
