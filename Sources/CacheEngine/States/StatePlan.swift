import Bytes
import CacheModel

/// What is to become of several state entries in one step of the log.
struct StatePlan {
    struct Write {
        let target: StateKey
        let decision: StateDecision
    }

    private(set) var writes: [Write] = []

    mutating func add(_ target: StateKey, _ decision: StateDecision) {
        guard decision.records > 0 else { return }
        writes.append(Write(target: target, decision: decision))
    }

    mutating func removeAll() { writes.removeAll(keepingCapacity: true) }

    /// How many records the log will get.
    var records: Int { writes.reduce(0) { $0 + $1.decision.records } }
}

extension StateDecision {
    /// How many records it makes.
    var records: Int {
        switch change {
        case .none: times == nil ? 0 : 1
        case .patch: times == nil ? 1 : 2
        case .put, .store, .delete: 1
        }
    }
}

/// Decides about several state entries at once, all of whose shards are locked. It may be asked again before anything
/// is written; it then plans anew.
protocol StatePlanner: ~Copyable, ~Escapable {
    /// Looks entries up in `states`, and plans what becomes of them; each entry may be planned once. New states are
    /// appended to `reply.workspace.drafts`, changes to `reply.workspace.edits`. Nothing planned is nothing done.
    func plan(_ states: borrowing LockedStates, _ now: Instant, into plan: inout StatePlan, reply: inout Reply)
}

/// The state entries of some shards while their locks are held.
struct LockedStates: ~Copyable {
    private let engine: EmbeddedEngine
    private let now: Instant

    init(_ engine: EmbeddedEngine, _ now: Instant) {
        self.engine = engine
        self.now = now
    }

    var hasher: KeyHasher { engine.stateHasher }

    /// The entry, nil where none is there; one whose time is over is removed here. Valid until the plan is carried out.
    func entry(_ target: StateKey) -> Entry? {
        engine.shards[target.shard].state.pointee.findVisible(target.key, target.hash, now)?.entry
    }
}
