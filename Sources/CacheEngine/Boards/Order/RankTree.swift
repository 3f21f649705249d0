/// Keeps references in order and knows the place of each: a counted B+-tree.
///
/// ```
/// inner   │ first key, child, count │ …       64 entries, at most
/// leaves  │ key, reference │ … │ → │ key, reference │ …      linked, 64 entries each
/// ```
/// Every inner entry counts what lies below its child, so the entries before a key (its rank) and the entry at a place
/// are each found on one way down: O(log n), five nodes at a million. A full node first gives to a neighbour that has
/// room, and only then splits, so nodes are four fifths full on average: about 26 bytes an entry of one column.
///
/// Keys of equal words are told apart by the names of their members, byte by byte; where no names are given all keys
/// differ. A board of a few members has one small leaf, which grows by doubling.
///
/// Unsafe: nodes are reached from `root` alone, released when they leave the tree or with it.
final class RankTree {
    static let capacity = 64
    private static let smallest = 4

    /// How an entry is looked for, its name included.
    struct Place {
        var leaf: RankNode
        var slot: Int
    }

    let leafShape: NodeShape
    let innerShape: NodeShape
    private let names: MemberTable?
    private let heap: BoardHeap
    @exclusivity(unchecked) private var root: RankNode
    /// How many levels of inner nodes there are.
    @exclusivity(unchecked) private var height = 0
    @exclusivity(unchecked) private(set) var count = 0

    /// - Parameter words: of a key, 1…4.
    init(words: Int, names: MemberTable?, heap: BoardHeap) {
        leafShape = NodeShape(words: words, isInner: false)
        innerShape = NodeShape(words: words, isInner: true)
        self.names = names
        self.heap = heap
        root = Self.node(leafShape, Self.smallest, heap)
    }

    deinit { release(root, level: height) }

    private func release(_ node: RankNode, level: Int) {
        if level > 0 {
            for index in 0..<node.count { release(node.child(index, innerShape), level: level - 1) }
        }
        free(node, level: level)
    }

    private static func node(_ shape: NodeShape, _ capacity: Int, _ heap: BoardHeap) -> RankNode {
        let node = RankNode(base: heap.allocate(shape.bytes(capacity)))
        node.count = 0
        node.capacity = capacity
        node.next = nil
        return node
    }

    private func free(_ node: RankNode, level: Int) {
        heap.release(node.base, shape(level).bytes(node.capacity))
    }

    private func shape(_ level: Int) -> NodeShape { level == 0 ? leafShape : innerShape }

    // MARK: Comparing

    /// The first entry of a node that does not come before the probe.
    @inline(always)
    private func firstSlot(_ node: RankNode, _ shape: NodeShape, _ probe: RankProbe) -> Int {
        var low = 0
        var high = node.count
        let first = node.words(0)
        while low < high {
            let middle = (low &+ high) &>> 1
            let found = first[middle]
            let isBefore = found != probe.key[0] ? found < probe.key[0] : precedes(node, middle, shape, probe)
            if isBefore { low = middle &+ 1 } else { high = middle }
        }
        return low
    }

    /// Compares from the second word on.
    private func precedes(_ node: RankNode, _ index: Int, _ shape: NodeShape, _ probe: RankProbe) -> Bool {
        for word in 1..<max(1, probe.words) {
            let found = node.words(word)[index]
            if found != probe.key[word] { return found < probe.key[word] }
        }
        guard let names, let name = probe.name else { return probe.isBehindEqual }
        let order = names.name(node.references(shape)[index]).compare(name)
        return order == 0 ? probe.isBehindEqual : order < 0
    }

    /// The child of an inner node in which the probe's place is.
    @inline(always)
    private func childSlot(_ node: RankNode, _ probe: RankProbe) -> Int {
        max(0, firstSlot(node, innerShape, probe) - 1)
    }

    private func probe(_ key: RankKey, _ reference: UInt32) -> RankProbe {
        RankProbe(key: key, words: leafShape.words, name: names?.name(reference))
    }

    // MARK: Asking

    /// How many entries come before the probe.
    func countBefore(_ probe: RankProbe) -> Int {
        var node = root
        var before = 0
        for _ in 0..<height {
            let slot = childSlot(node, probe)
            let counts = node.counts(innerShape)
            node = node.child(slot, innerShape)
            node.prefetch()
            for index in 0..<slot { before &+= Int(counts[index]) }
        }
        return before + firstSlot(node, leafShape, probe)
    }

    /// How many entries come before this one, which must be in the tree.
    func countBefore(_ key: RankKey, _ reference: UInt32) -> Int { countBefore(probe(key, reference)) }

    /// The entry with `index` others before it; nil at and past the end.
    func place(at index: Int) -> Place? {
        guard index >= 0, index < count else { return nil }
        var node = root
        var rest = index
        for _ in 0..<height {
            var slot = 0
            let counts = node.counts(innerShape)
            while rest >= Int(counts[slot]) {
                rest -= Int(counts[slot])
                slot += 1
            }
            node = node.child(slot, innerShape)
        }
        return Place(leaf: node, slot: rest)
    }

    func reference(at place: Place) -> UInt32 { place.leaf.references(leafShape)[place.slot] }

    func setReference(_ reference: UInt32, at place: Place) { place.leaf.references(leafShape)[place.slot] = reference }

    func key(at place: Place) -> RankKey {
        place.leaf.key(place.slot, leafShape)
    }

    func next(_ place: Place) -> Place? {
        if place.slot + 1 < place.leaf.count { return Place(leaf: place.leaf, slot: place.slot + 1) }
        return place.leaf.next.map { Place(leaf: $0, slot: 0) }
    }

    // MARK: Adding

    func insert(_ key: RankKey, _ reference: UInt32) {
        let probe = probe(key, reference)
        if root.isFull { makeRoomAtRoot() }
        count += 1
        var node = root
        var level = height
        while level > 0 {
            let slot = slotWithRoom(node, level, probe)
            node.counts(innerShape)[slot] += 1
            // A new first entry of the tree is the first of all nodes on its way.
            if slot == 0, firstSlot(node, innerShape, probe) == 0 {
                setFirst(node, 0, innerShape, probe.key, reference)
            }
            node = node.child(slot, innerShape)
            node.prefetch()
            level -= 1
        }
        let slot = firstSlot(node, leafShape, probe)
        node.openGap(slot, leafShape)
        setFirst(node, slot, leafShape, probe.key, reference)
    }

    private func setFirst(_ node: RankNode, _ slot: Int, _ shape: NodeShape, _ key: RankKey, _ reference: UInt32) {
        node.setKey(slot, key, shape)
        node.references(shape)[slot] = reference
    }

    /// Makes a small leaf larger, or puts a new root above the old one.
    private func makeRoomAtRoot() {
        if height == 0, root.capacity < Self.capacity {
            let larger = Self.node(leafShape, root.capacity * 2, heap)
            root.copy(root.count, from: 0, to: larger, at: 0, leafShape)
            larger.count = root.count
            free(root, level: 0)
            root = larger
            return
        }
        let above = Self.node(innerShape, Self.capacity, heap)
        above.count = 1
        above.setChild(0, root, innerShape)
        refresh(above, 0, below: height)
        root = above
        height += 1
    }

    /// The child to go on with: one that is not full.
    private func slotWithRoom(_ node: RankNode, _ level: Int, _ probe: RankProbe) -> Int {
        let slot = childSlot(node, probe)
        guard node.child(slot, innerShape).isFull else { return slot }
        if slot > 0, node.child(slot - 1, innerShape).count < Self.capacity - 8 {
            share(node, slot - 1, below: level - 1)
        } else if slot + 1 < node.count, node.child(slot + 1, innerShape).count < Self.capacity - 8 {
            share(node, slot, below: level - 1)
        } else {
            split(node, slot, below: level - 1)
        }
        return childSlot(node, probe)
    }

    /// Makes a full child two. At the end of the tree the new one starts almost empty, so that rising keys leave full
    /// nodes behind; the node itself has room, as it was seen to on the way down.
    private func split(_ node: RankNode, _ slot: Int, below: Int) {
        let shape = shape(below)
        let left = node.child(slot, innerShape)
        let right = Self.node(shape, Self.capacity, heap)
        let isLast = below == 0 && left.next == nil
        let kept = isLast ? left.count - 8 : left.count / 2
        left.copy(left.count - kept, from: kept, to: right, at: 0, shape)
        right.count = left.count - kept
        left.count = kept
        if below == 0 {
            right.next = left.next
            left.next = right
        }
        node.openGap(slot + 1, innerShape)
        node.setChild(slot + 1, right, innerShape)
        refresh(node, slot, below: below)
        refresh(node, slot + 1, below: below)
    }

    /// Shares the entries of two children that stand beside each other.
    private func share(_ node: RankNode, _ slot: Int, below: Int) {
        let shape = shape(below)
        let left = node.child(slot, innerShape)
        let right = node.child(slot + 1, innerShape)
        let wanted = (left.count + right.count) / 2
        if left.count < wanted {
            let moved = wanted - left.count
            right.copy(moved, from: 0, to: left, at: left.count, shape)
            right.copy(right.count - moved, from: moved, to: right, at: 0, shape)
            left.count = wanted
            right.count -= moved
        } else {
            let moved = left.count - wanted
            right.copy(right.count, from: 0, to: right, at: moved, shape)
            left.copy(moved, from: wanted, to: right, at: 0, shape)
            left.count = wanted
            right.count += moved
        }
        refresh(node, slot, below: below)
        refresh(node, slot + 1, below: below)
    }

    /// Says again in an inner entry what its child is.
    private func refresh(_ node: RankNode, _ slot: Int, below: Int) {
        let shape = shape(below)
        let child = node.child(slot, innerShape)
        node.setKey(slot, child.key(0, shape), innerShape)
        node.references(innerShape)[slot] = child.references(shape)[0]
        node.counts(innerShape)[slot] = UInt32(child.total(shape))
    }

    // MARK: Removing

    /// Removes an entry that must be there.
    func remove(_ key: RankKey, _ reference: UInt32) {
        var probe = probe(key, reference)
        probe.isBehindEqual = true
        remove(probe, reference, from: root, level: height)
        count -= 1
        while height > 0, root.count == 1 {
            let only = root.child(0, innerShape)
            free(root, level: height)
            root = only
            height -= 1
        }
    }

    private func remove(_ probe: RankProbe, _ reference: UInt32, from node: RankNode, level: Int) {
        let shape = shape(level)
        let slot = firstSlot(node, shape, probe) - 1
        precondition(slot >= 0, "an entry is not in the order")
        guard level > 0 else {
            precondition(node.references(shape)[slot] == reference, "an entry is not in the order")
            return node.closeGap(slot, shape)
        }
        let child = node.child(slot, shape)
        child.prefetch()
        remove(probe, reference, from: child, level: level - 1)
        if child.count < Self.capacity / 3, node.count > 1 {
            join(node, slot, below: level - 1)
        } else {
            node.counts(shape)[slot] -= 1
            copyFirst(node, slot, below: level - 1)
        }
    }

    /// Takes over a child's first key, which may have left.
    private func copyFirst(_ node: RankNode, _ slot: Int, below: Int) {
        let shape = shape(below)
        let child = node.child(slot, innerShape)
        node.setKey(slot, child.key(0, shape), innerShape)
        node.references(innerShape)[slot] = child.references(shape)[0]
    }

    /// Makes one child of two where their entries fit with some room, else shares them.
    private func join(_ node: RankNode, _ slot: Int, below: Int) {
        let shape = shape(below)
        let first = slot + 1 < node.count ? slot : slot - 1
        let left = node.child(first, innerShape)
        let right = node.child(first + 1, innerShape)
        guard left.count + right.count <= Self.capacity - 8 else { return share(node, first, below: below) }
        right.copy(right.count, from: 0, to: left, at: left.count, shape)
        left.count += right.count
        if below == 0 { left.next = right.next }
        free(right, level: below)
        node.closeGap(first + 1, innerShape)
        refresh(node, first, below: below)
    }
}

// MARK: - Checks for tests

extension RankTree {
    /// Traps unless entries rise, counts are right, nodes are linked and none but the root is nearly empty.
    func checkInvariants() {
        var last: Place?
        var seen = 0
        var place = place(at: 0)
        while let current = place {
            if let last {
                var behind = probe(key(at: last), reference(at: last))
                behind.isBehindEqual = true
                precondition(!precedesWhole(current, behind), "entries out of order")
            }
            precondition(countBefore(key(at: current), reference(at: current)) == seen, "a rank is wrong")
            seen += 1
            last = current
            place = next(current)
        }
        precondition(seen == count, "\(seen) entries in leaves, \(count) counted")
        precondition(check(root, level: height) == count, "the counts do not add up")
    }

    private func precedesWhole(_ place: Place, _ probe: RankProbe) -> Bool {
        let first = place.leaf.words(0)[place.slot]
        return first != probe.key[0] ? first < probe.key[0] : precedes(place.leaf, place.slot, leafShape, probe)
    }

    private func check(_ node: RankNode, level: Int) -> Int {
        precondition(node.count <= node.capacity, "a node holds more than it can")
        guard level > 0 else { return node.count }
        var sum = 0
        for slot in 0..<node.count {
            let child = node.child(slot, innerShape)
            precondition(child.count > 0, "an empty node")
            precondition(
                node.key(slot, innerShape) == child.key(0, shape(level - 1)), "a first key is wrong")
            precondition(
                names == nil || node.references(innerShape)[slot] == child.references(shape(level - 1))[0],
                "a first reference is wrong")
            let below = check(child, level: level - 1)
            precondition(below == Int(node.counts(innerShape)[slot]), "a count is wrong")
            sum += below
        }
        return sum
    }
}
