import Bytes
import CacheModel

/// Entries of other kinds than keys: one function of a kind, run on one entry under its shard's lock.
extension EmbeddedEngine {
    /// Where a stored key belongs.
    @inline(always)
    func stateKey(_ key: RawBytes) -> StateKey {
        let hash = stateHasher.hash(key)
        // A counter's parts stand beside it, where its name alone says.
        let isCounter = !key.isEmpty && key.byte(0) == Kind.counters.number
        let place = isCounter ? stateHasher.hash(CounterKeys.name(in: key)) : hash
        return StateKey(key: key, hash: hash, shard: shardCount + shardNumber(place))
    }

    /// Makes the stored key in the workspace. Further keys may follow it there; it must not move meanwhile, so room for
    /// them is taken first.
    func stateKey(
        _ kind: Kind, _ name: Span<UInt8>, in workspace: inout Workspace
    ) -> StateKey {
        workspace.keys.removeAll()
        workspace.keys.append(kind.number)
        workspace.keys.append(name)
        return stateKey(RawBytes(workspace.keys.readable))
    }

    /// Runs a kind's function on the entry `name`.
    func change<Function: StateFunction & ~Copyable & ~Escapable>(
        _ kind: Kind, _ name: Span<UInt8>, by function: borrowing Function, _ now: Instant, _ reply: inout Reply
    ) {
        let target = stateKey(kind, name, in: &reply.workspace)
        change(target, by: function, now, &reply)
    }

    func change<Function: StateFunction & ~Copyable & ~Escapable>(
        _ target: StateKey, by function: borrowing Function, _ now: Instant, _ reply: inout Reply
    ) {
        let shard = shards[target.shard]
        var attempts = RoomAttempts()
        while true {
            shard.lock.lock()
            let step = shard.state.pointee.changeState(target, by: function, now, reply: &reply)
            shard.state.pointee.payForWaste(now)
            shard.state.pointee.setHorizon(of: &reply)
            shard.lock.unlock()
            guard case .missing(let bytes) = step else { return }
            if !makeRoom(bytes, from: target.shard, &attempts, now) { break }
        }
        reply.reset()
        reply.outcome = .memoryFull
    }
}
