import CacheModel

/// Winning back the bytes of dead entries.
///
/// A sweep goes through a chain from its oldest segment to its newest. Segments that are nearly full of live entries
/// are left alone; the live entries of the others are copied together into fresh segments at the same place of the
/// chain, so the order of arrival stays. A sweep runs while more than an eighth of a chain is waste. Its work is paid
/// in slices by those who make the waste, up to `copiesPerDeadByte` bytes for each byte they kill, and by `maintain`:
/// at one eighth dead, seven bytes are copied for one won.
extension Shard {
    private static let copiesPerDeadByte = 12
    private static let largestSlice = 32 << 10
    /// What one call of `maintain` copies, at most.
    static let maintenanceSlice = 16 << 10

    /// To be called at the end of a write: compacts in proportion to what was killed since.
    mutating func payForWaste(_ now: Instant) {
        guard store.killed > 0 else { return }
        let slice = min(store.killed * Self.copiesPerDeadByte, Self.largestSlice)
        store.killed = 0
        compact(upTo: slice, now)
    }

    mutating func compact(upTo slice: Int, _ now: Instant) {
        for name in SegmentStore.ChainName.allCases where store.isWasteful(name) {
            compact(name, upTo: slice, now)
        }
    }

    /// Continues the chain's sweep for about `slice` bytes.
    mutating func compact(_ name: SegmentStore.ChainName, upTo slice: Int, _ now: Instant) {
        var left = slice
        while left > 0 {
            let chain = store.chain(name)
            let source = chain.pointee.cursor != 0 ? chain.pointee.cursor : chain.pointee.head
            if source == 0 || source == chain.pointee.tail {
                store.endSweep(name)
                return
            }
            chain.pointee.cursor = source
            if chain.pointee.target == source { chain.pointee.target = 0 }
            if chain.pointee.offset == 0, store.isDense(source) {
                left -= store.skip(source)
                continue
            }
            let start = chain.pointee.offset
            let budget = left
            let end = empty(source, from: start, now: now, goOn: { $1 < budget }, { _, _ in .stays })
            // An emptied segment has moved the cursor on itself.
            if store.chain(name).pointee.cursor == source { store.chain(name).pointee.offset = end }
            left -= max(64, end - start)
        }
    }
}
