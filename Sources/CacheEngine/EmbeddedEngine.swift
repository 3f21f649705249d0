import Bytes
import CacheModel
import Synchronization

/// The cache itself, in this process's memory.
///
/// The keyspace is cut into shards by the upper bits of the key's hash, each behind its own lock, held for one
/// operation (`Shard`). Operations over several keys lock their shards in rising order. Nothing here reads a clock,
/// rolls dice of its own or does I/O.
///
/// Unsafe, and `@unchecked Sendable`: `shards` and `context` are allocated in `init`, freed in `deinit` and never
/// moved; a shard is touched only between `lock` and `unlock` of its own lock.
package final class EmbeddedEngine: Engine, @unchecked Sendable {
    /// The keys' shards, and behind them as many for the states of other kinds.
    let shards: UnsafeMutablePointer<LockedShard>
    /// How many shards hold keys.
    let shardCount: Int
    let allShardCount: Int
    private let shardShift: UInt64
    let context: UnsafeMutablePointer<EngineContext>
    let hasher: KeyHasher
    /// Of what is no key.
    let stateHasher: KeyHasher
    let isOrdered: Bool
    let shelf = BoardShelf()

    package init(
        configuration: EngineConfiguration, completions: any CompletionSink, reader: (any EffectReader)? = nil,
        listener: (any SessionListener)? = nil
    ) {
        shardCount = configuration.effectiveShards
        shardShift = UInt64(64 - shardCount.trailingZeroBitCount)
        hasher = KeyHasher(first: configuration.hashSecret.0, second: configuration.hashSecret.1)
        stateHasher = hasher.ofStates
        isOrdered = configuration.orderedKeys
        context = .allocate(capacity: 1)
        context.initialize(
            to: EngineContext(
                configuration: configuration, completions: completions, reader: reader,
                listener: listener))
        allShardCount = shardCount * 2
        shards = .allocate(capacity: allShardCount)
        for number in 0..<allShardCount {
            let holdsStates = number >= shardCount
            (shards + number).initialize(
                to: LockedShard(
                    Shard(
                        context: context, hasher: holdsStates ? stateHasher : hasher,
                        isOrdered: isOrdered && !holdsStates,
                        holdsStates: holdsStates,
                        seed: configuration.seed &+ UInt64(number))))
        }
    }

    deinit {
        // Boards tell the account that they go.
        shelf.removeAll()
        for number in 0..<allShardCount { shards[number].destroy() }
        shards.deallocate()
        context.deinitialize(count: 1)
        context.deallocate()
    }

    // MARK: Shards

    @inline(always)
    func shardNumber(_ hash: UInt64) -> Int { Int(truncatingIfNeeded: hash >> shardShift) }

    @inline(always)
    func shard(_ hash: UInt64) -> LockedShard { shards[shardNumber(hash)] }

    @inline(always)
    func locked<Result>(_ shard: LockedShard, _ body: (inout Shard) -> Result) -> Result {
        shard.lock.lock()
        defer { shard.lock.unlock() }
        return body(&shard.state.pointee)
    }

    // MARK: The seam

    package func execute(
        _ command: borrowing Command, at now: Instant, ticket: Ticket, reply: inout Reply
    ) -> Execution {
        reply.reset()
        switch command {
        case .read(let command): read(command, now, &reply)
        case .put(let put): change(command, of: RawBytes(put.key), now, &reply)
        case .delete(let delete): change(command, of: RawBytes(delete.key), now, &reply)
        case .extend(let extend): change(command, of: RawBytes(extend.key), now, &reply)
        case .truncate(let truncate): change(command, of: RawBytes(truncate.key), now, &reply)
        case .touch(let touch): change(command, of: RawBytes(touch.key), now, &reply)
        case .watch(let command): return watch(command, now, ticket, &reply)
        case .list(let command): list(command, now, &reply)
        case .group(let command): group(command, now, &reply)
        case .counter(let command): counter(command, now, &reply)
        case .counterAdds(let command): counterAdds(command, now, &reply)
        case .limitCheck(let command): limitCheck(command, now, &reply)
        case .limitChange(let command): limitChange(command, now, &reply)
        case .limitPolicy(let command): limitPolicy(command, now, &reply)
        case .limitList(let command): limitList(command, now, &reply)
        case .limitDenials(let command): limitDenials(command, &reply)
        case .board(let command): board(command, now, &reply)
        case .session(let command): session(command, now, &reply)
        case .sessionCreation(let command): sessionCreation(command, now, &reply)
        case .sessionRotation(let command): sessionRotation(command, now, &reply)
        case .sessionList(let command): sessionList(command, now, &reply)
        case .sessionRevocation(let command): sessionRevocation(command, now, &reply)
        }
        return .completed
    }

    package func cancel(_ ticket: Ticket) {
        guard let hash = context.pointee.watchRegistry.remove(ticket) else { return }
        locked(shard(hash)) { $0.watches.remove(ticket, hash: hash) }
    }

    package func maintain(at now: Instant, worker: Int, of workers: Int) {
        let workers = max(1, workers)
        let share = (allShardCount + workers - 1) / workers
        for number in stride(from: worker, to: allShardCount, by: workers) {
            locked(shards[number]) { $0.maintain(at: now, share: share) }
        }
        shelf.maintain(at: now)
    }

    package func statistics() -> EngineStatistics {
        var sum = EngineStatistics()
        sum.memoryUsed = UInt64(context.pointee.account.used)
        sum.memoryLimit = context.pointee.account.limit == .max ? 0 : UInt64(context.pointee.memoryLimit)
        sum.position = context.pointee.lastPosition
        sum.boards = UInt64(shelf.count)
        sum.boardMembers = UInt64(max(0, context.pointee.boardMembers.load(ordering: .relaxed)))
        sum.watchers = UInt64(context.pointee.watchRegistry.count)
        for number in 0..<allShardCount { locked(shards[number]) { $0.addStatistics(to: &sum) } }
        return sum
    }
}
