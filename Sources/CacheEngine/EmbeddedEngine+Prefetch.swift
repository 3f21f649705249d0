import Bytes
import CLinux
import CacheModel

/// Memory brought near before it is needed.
///
/// At a hundred thousand keys an entry is seldom in the caches, and a lookup waits for memory twice in a row: for its
/// slot of the index, then for the entry the slot names. So the index is asked for before the request's head is
/// parsed, and the entry before it is judged; each wait is then over when its turn comes. Where the lock is taken
/// there is nothing to wait for: a hint is not worth it.
extension EmbeddedEngine {
    package func prefetchIndex(for key: Span<UInt8>) -> KeyHint {
        let hint = KeyHint(hash: hasher.hash(RawBytes(key)))
        prefetchIndex(hint)
        return hint
    }

    /// Entries of other kinds are few, or reached by more than one way.
    package func hint(for key: Span<UInt8>, of kind: Kind) -> KeyHint? {
        kind == .keys ? KeyHint(hash: hasher.hash(RawBytes(key))) : nil
    }

    package func prefetchIndex(_ hint: KeyHint) {
        let shard = shard(hint.hash)
        guard shard.lock.tryLock() else { return }
        shard.state.pointee.index.prefetch(hint.hash)
        shard.lock.unlock()
    }

    package func prefetchEntry(_ hint: KeyHint) {
        let shard = shard(hint.hash)
        guard shard.lock.tryLock() else { return }
        shard.state.pointee.prefetchEntry(hint.hash)
        shard.lock.unlock()
    }
}

extension Shard {
    /// The first entry with this slot hash: seldom another than the one meant.
    func prefetchEntry(_ hash: UInt64) {
        guard let place = index.find(hash, { _ in true }) else { return }
        let start = UnsafeRawPointer(store.entry(index.reference(at: place)).base)
        nuthatch_prefetch(start)
        nuthatch_prefetch(start + 64)
    }
}

extension HashIndex {
    func prefetch(_ hash: UInt64) {
        let table = tables[Self.tableIndex(hash)]
        if let slots = table.slots { nuthatch_prefetch(slots + table.home(Self.slotHash(hash))) }
    }
}
