import Bytes
import CacheModel

/// A small part of the keyspace behind its own lock: its index, its entries' memory, and what is remembered of keys
/// that are gone.
///
/// One operation holds the lock from its first look to its last change. Entries stay where they are until the shard
/// makes room (`ensureRoom`), which may move or remove any of them; so an operation makes room first, and if that moved
/// anything looks its key up again.
///
/// Lives at one address in memory the engine owns, as part of a `LockedShard`.
struct Shard: ~Copyable {
    private let inPlace = InPlace()
    let context: UnsafeMutablePointer<EngineContext>
    let hasher: KeyHasher
    /// Entries of other kinds than keys, each under its kind's number and its name. They are never evicted.
    let holdsStates: Bool
    let policy: EvictionPolicy
    var index = HashIndex()
    var store: SegmentStore
    var departures = Departures()
    var deletedVersions = DeletedVersions()
    var watches = Watches()
    var ordered: OrderedIndex?
    var evictor: Evictor
    var sweep = ExpirySweep()
    var counters = ShardCounters()
    /// The positions of the atomic group that is being applied.
    var run = PositionRun(last: .none, left: 0)
    /// The last change that no entry's position shows: a removal, or a change of lifetime.
    var lastUntagged: Position = .none
    /// The same without what the log may say late: see ``Reply/firmHorizon``.
    var lastFirm: Position = .none
    /// The shard's part of ``EmbeddedEngine/digest``, and as much of it as the log was told of.
    var digest: UInt64 = 0
    var recordedDigest: UInt64 = 0
    /// Bytes of keys and values.
    var payload = 0

    /// The share of the memory it has, as last said: see `Shard+Share`.
    var saidShare = 0

    /// Entries by kind; counted where states are held.
    var kinds: InlineArray<6, Int> = .init(repeating: 0)
    var sessions = SessionCounts()

    init(
        context: UnsafeMutablePointer<EngineContext>, hasher: KeyHasher, isOrdered: Bool, holdsStates: Bool = false,
        seed: UInt64
    ) {
        self.context = context
        self.hasher = hasher
        self.holdsStates = holdsStates
        policy = holdsStates ? EvictionPolicy(.none) : context.pointee.policy
        store = SegmentStore(context: context)
        evictor = Evictor(seed: seed)
        ordered = isOrdered ? OrderedIndex() : nil
        context.pointee.account.add(index.bytes + departures.bytes + LockedShard.bytes)
    }
}

/// A shard and its lock, each at an address of its own: taking the lock must not touch what it guards.
struct LockedShard {
    let lock: Lock
    let state: UnsafeMutablePointer<Shard>

    /// What both occupy.
    static var bytes: Int { MemoryLayout<Shard>.stride + Lock.lineBytes + MemoryLayout<LockedShard>.stride }

    init(_ shard: consuming Shard) {
        lock = Lock()
        state = .allocate(capacity: 1)
        state.initialize(to: shard)
    }

    func destroy() {
        state.deinitialize(count: 1)
        state.deallocate()
        lock.destroy()
    }
}

/// An entry and its place in the index, valid until the shard makes room.
struct Found {
    let place: HashIndex.Place
    let reference: UInt32
    let entry: Entry
}

struct ShardCounters {
    var hits: UInt64 = 0
    var misses: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0)
    var writes: UInt64 = 0
    var deletes: UInt64 = 0
    var evictions: UInt64 = 0
    var expirations: UInt64 = 0

    mutating func countMiss(_ reason: MissReason) {
        switch reason {
        case .never: misses.0 += 1
        case .unknown: misses.1 += 1
        case .expired: misses.2 += 1
        case .deleted: misses.3 += 1
        case .evicted: misses.4 += 1
        case .invalidated: misses.5 += 1
        case .lost: misses.6 += 1
        }
    }

    func missList() -> [UInt64] {
        [misses.0, misses.1, misses.2, misses.3, misses.4, misses.5, misses.6]
    }
}
