import CacheModel
import Synchronization

/// What all shards share: the log's position, the memory account, the pool of segments, and where news goes.
///
/// Lives at one address for as long as the engine; everything in it is constant or safe from any thread.
struct EngineContext: ~Copyable {
    let account: MemoryAccount
    let pool = SegmentPool()
    let memoryLimit: Int
    let policy: EvictionPolicy
    let limits: Limits
    let epoch: UInt64
    /// The number last given out.
    private let number: Atomic<UInt64>
    /// How many shards of keys there are, and the bytes each has for entries that may leave, summed as they said last.
    let shardCount: Int
    let shares = Atomic<Int>(0)
    /// Members of all boards, closed seasons included.
    let boardMembers = Atomic<Int>(0)
    let hasReader: Bool
    let reader: (any EffectReader)?
    let listener: (any SessionListener)?
    let watchRegistry: WatchRegistry
    let rateLimits = LimitRegistry()
    let sessions = SessionIndex()

    init(
        configuration: EngineConfiguration, completions: any CompletionSink, reader: (any EffectReader)?,
        listener: (any SessionListener)?
    ) {
        account = MemoryAccount(limit: configuration.memoryBound)
        memoryLimit = configuration.maxMemory
        policy = configuration.policy
        limits = configuration.limits
        epoch = configuration.epoch
        shardCount = configuration.effectiveShards
        number = Atomic(configuration.startingNumber)
        hasReader = reader != nil
        self.reader = reader
        self.listener = listener
        watchRegistry = WatchRegistry(completions: completions)
    }

    /// The next `count` places in the log. Called under the lock of the shards they are for, so a key's positions rise;
    /// numbers of different shards need no order among themselves beyond being distinct: relaxed suffices.
    func takePositions(_ count: Int) -> PositionRun {
        let last = number.add(UInt64(count), ordering: .relaxed).newValue
        return PositionRun(last: Position(epoch: epoch, number: last), left: count)
    }

    var lastPosition: Position { Position(epoch: epoch, number: number.load(ordering: .relaxed)) }

    /// Positions given out from now on come behind `position`, if it is of this epoch.
    func advance(past position: Position) {
        // Looked at first: threads that apply a log would else take the line from each other for each record.
        guard position.epoch == epoch, position.number > number.load(ordering: .relaxed) else { return }
        _ = number.max(position.number, ordering: .relaxed)
    }
}

/// Consecutive positions: of one change, or of those of an atomic group.
struct PositionRun {
    let last: Position
    /// How many were not used yet.
    var left: Int

    mutating func take() -> Position {
        left -= 1
        return Position(packed: last.packed - UInt64(left))
    }
}
