import Synchronization

/// Counts the bytes the engine really occupies, over all shards: segments, tables, large values, indexes, rings.
///
/// Plain entries do not touch it: they are written into segments that were accounted for whole.
/// Relaxed order suffices: the number guards no memory, it only says whether there is room.
struct MemoryAccount: ~Copyable {
    private let bytes = Atomic<Int>(0)
    /// `Int.max` for none.
    let limit: Int

    init(limit: Int) { self.limit = limit }

    var used: Int { bytes.load(ordering: .relaxed) }

    func add(_ delta: Int) {
        if delta != 0 { bytes.add(delta, ordering: .relaxed) }
    }

    func hasRoom(for wanted: Int) -> Bool { limit == .max || used <= limit - wanted }

    /// Counts `wanted` bytes if they fit below the limit.
    func reserve(_ wanted: Int) -> Bool {
        guard limit != .max else {
            add(wanted)
            return true
        }
        var seen = used
        while seen <= limit - wanted {
            let (done, now) = bytes.compareExchange(expected: seen, desired: seen + wanted, ordering: .relaxed)
            if done { return true }
            seen = now
        }
        return false
    }
}
