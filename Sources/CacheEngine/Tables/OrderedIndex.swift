/// A shard's entries in byte order of their keys: references in sorted leaves.
///
/// ```
/// leaves   │ a … c │ c … k │ k … z │        up to 512 references each; keys are read from the entries
/// ```
/// Two levels instead of a tree: the list of leaves is short (some thousand at a million keys a shard), and finding one
/// is a binary search. About 6 bytes a key, as no key is kept twice; the price is that a search reads some 20 entries
/// wherever they lie, about two microseconds. Only with `--ordered-keys`.
struct OrderedIndex {
    private static let leafCapacity = 512
    /// A leaf's array: its references and the array's own header, as the allocator rounds them.
    private static let leafBytes = Footprint.allocation(leafCapacity * 4 + 32)

    /// Where a reference is, until the next change.
    struct Place {
        var leaf: Int
        var slot: Int
    }

    private var leaves: [[UInt32]] = []
    private(set) var count = 0

    var bytes: Int { leaves.count * Self.leafBytes + (leaves.capacity == 0 ? 0 : leaves.capacity * 8 + 32) }

    func reference(at place: Place) -> UInt32? {
        guard place.leaf < leaves.count else { return nil }
        return leaves[place.leaf][place.slot]
    }

    func next(_ place: Place) -> Place {
        place.slot + 1 < leaves[place.leaf].count
            ? Place(leaf: place.leaf, slot: place.slot + 1) : Place(leaf: place.leaf + 1, slot: 0)
    }

    // MARK: Searching

    /// The first place whose key is not `before` what is sought; `before` is true for a first part of the keys.
    func firstPlace(_ store: borrowing SegmentStore, before: (RawBytes) -> Bool) -> Place {
        var low = 0
        var high = leaves.count
        while low < high {
            let middle = (low + high) / 2
            if before(store.entry(leaves[middle][0]).key) { low = middle + 1 } else { high = middle }
        }
        guard low > 0 else { return Place(leaf: 0, slot: 0) }
        // Leaf `low` starts behind it; the one before may hold it.
        let slot = Self.firstSlot(leaves[low - 1], store, before)
        return slot < leaves[low - 1].count ? Place(leaf: low - 1, slot: slot) : Place(leaf: low, slot: 0)
    }

    private static func firstSlot(
        _ leaf: [UInt32], _ store: borrowing SegmentStore, _ before: (RawBytes) -> Bool
    ) -> Int {
        var low = 0
        var high = leaf.count
        while low < high {
            let middle = (low + high) / 2
            if before(store.entry(leaf[middle]).key) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func place(of key: RawBytes, _ store: borrowing SegmentStore) -> Place {
        firstPlace(store) { $0.compare(key) < 0 }
    }

    // MARK: Changing

    mutating func insert(_ reference: UInt32, _ store: borrowing SegmentStore) {
        count += 1
        guard !leaves.isEmpty else { return leaves.append(Self.leaf(with: [reference])) }
        let key = store.entry(reference).key
        var place = place(of: key, store)
        // Between two leaves the earlier one takes it, so that rising keys fill leaves one by one.
        if place.slot == 0, place.leaf > 0 { place = Place(leaf: place.leaf - 1, slot: leaves[place.leaf - 1].count) }
        if leaves[place.leaf].count == Self.leafCapacity { place = split(place) }
        leaves[place.leaf].insert(reference, at: place.slot)
    }

    private static func leaf(with references: ArraySlice<UInt32>) -> [UInt32] {
        var leaf: [UInt32] = []
        leaf.reserveCapacity(leafCapacity)
        leaf.append(contentsOf: references)
        return leaf
    }

    /// Makes a full leaf two; at its very end only a new one, so that rising keys leave full leaves behind.
    private mutating func split(_ place: Place) -> Place {
        let leaf = leaves[place.leaf]
        if place.slot == leaf.count, place.leaf == leaves.count - 1 {
            leaves.append(Self.leaf(with: []))
            return Place(leaf: place.leaf + 1, slot: 0)
        }
        let middle = leaf.count / 2
        leaves.insert(Self.leaf(with: leaf[middle...]), at: place.leaf + 1)
        leaves[place.leaf].removeLast(leaf.count - middle)
        return place.slot <= middle ? place : Place(leaf: place.leaf + 1, slot: place.slot - middle)
    }

    mutating func replace(_ old: UInt32, by new: UInt32, _ store: borrowing SegmentStore) {
        let place = place(of: store.entry(old).key, store)
        precondition(reference(at: place) == old, "an entry is not in the ordered index")
        leaves[place.leaf][place.slot] = new
    }

    mutating func remove(_ reference: UInt32, _ store: borrowing SegmentStore) {
        let place = place(of: store.entry(reference).key, store)
        precondition(self.reference(at: place) == reference, "an entry is not in the ordered index")
        leaves[place.leaf].remove(at: place.slot)
        count -= 1
        if leaves[place.leaf].isEmpty { leaves.remove(at: place.leaf) } else { merge(place.leaf) }
    }

    /// Joins a leaf with the next one when both together are less than half full.
    private mutating func merge(_ leaf: Int) {
        for first in [leaf - 1, leaf] where first >= 0 && first + 1 < leaves.count {
            guard leaves[first].count + leaves[first + 1].count < Self.leafCapacity / 2 else { continue }
            leaves[first].append(contentsOf: leaves[first + 1])
            leaves.remove(at: first + 1)
            return
        }
    }

    /// Traps unless all keys rise.
    func checkInvariants(_ store: borrowing SegmentStore) {
        var last: RawBytes?
        var seen = 0
        for leaf in leaves {
            precondition(!leaf.isEmpty && leaf.count <= Self.leafCapacity, "a leaf's size is wrong")
            for reference in leaf {
                let key = store.entry(reference).key
                if let last { precondition(last.compare(key) < 0, "keys out of order") }
                last = key
                seen += 1
            }
        }
        precondition(seen == count, "the ordered index's count is wrong")
    }
}
