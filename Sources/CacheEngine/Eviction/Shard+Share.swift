import CacheModel
import Synchronization

/// How much of the memory each shard of keys has for entries that may leave.
///
/// A shard makes room in itself, so its share stays as it is; but what a large value or many deletes free goes to
/// whoever asks next, and without a force back shares wander until the entries of one shard leave much younger than
/// those of the others. So a shard with an eighth less than the mean asks the others instead, and those that have the
/// mean or more give first.
///
/// The mean is of what each shard said last, at its maintenance: it may be a tenth of a second old.
extension Shard {
    /// Bytes of segments, and of the large values that go with them.
    var share: Int { store.weight(of: .small) + store.weight(of: .main) }

    private var meanShare: Int { context.pointee.shares.load(ordering: .relaxed) / context.pointee.shardCount }

    var hasLittle: Bool { !holdsStates && share < meanShare / 8 * 7 }

    var hasItsShare: Bool { !holdsStates && share >= meanShare }

    mutating func sayShare() {
        if holdsStates { return }
        let now = share
        if now != saidShare { context.pointee.shares.add(now - saidShare, ordering: .relaxed) }
        saidShare = now
    }
}
