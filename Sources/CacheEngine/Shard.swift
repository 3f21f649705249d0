import Bytes
import CacheModel

/// A small part of the keyspace behind its own lock: its index, its entries' memory, and what is remembered of keys
/// that are gone.
///
/// One operation holds the lock from its first look to its last change. Entries stay where they are until the shard
/// makes room (`ensureRoom`), which may move or remove any of them; so an operation makes room first, and if that moved
/// anything looks its key up again.
///
/// Lives at one address in memory the engine owns; all but `lock` is touched only under the lock.
struct Shard: ~Copyable {
    let lock = ShardLock()
    let context: UnsafeMutablePointer<EngineContext>
    let hasher: KeyHasher
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
    /// Bytes of keys and values.
    var payload = 0
    /// Keeps the locks of neighbours on cache lines of their own.
    private let padding: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)

    init(context: UnsafeMutablePointer<EngineContext>, hasher: KeyHasher, isOrdered: Bool, seed: UInt64) {
        self.context = context
        self.hasher = hasher
        store = SegmentStore(context: context)
        evictor = Evictor(seed: seed)
        ordered = isOrdered ? OrderedIndex() : nil
        context.pointee.account.add(index.bytes + MemoryLayout<Shard>.stride)
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
