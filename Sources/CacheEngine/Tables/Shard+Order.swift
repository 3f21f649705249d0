/// Keeping the ordered index in step with the entries.
extension Shard {
    mutating func addToOrder(_ reference: UInt32) { changeOrder { $0.insert(reference, $1) } }

    mutating func replaceInOrder(_ old: UInt32, by new: UInt32) { changeOrder { $0.replace(old, by: new, $1) } }

    /// To be called while the entry can still be read.
    mutating func removeFromOrder(_ reference: UInt32) { changeOrder { $0.remove(reference, $1) } }

    private mutating func changeOrder(_ change: (inout OrderedIndex, borrowing SegmentStore) -> Void) {
        // Taken out and put back, so that the arrays within are changed in place.
        guard var order = ordered.take() else { return }
        let before = order.bytes
        change(&order, store)
        context.pointee.account.add(order.bytes - before)
        ordered = order
    }
}
