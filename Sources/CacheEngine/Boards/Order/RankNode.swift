import CLinux
import Glibc

/// How a node's arrays lie in its memory.
struct NodeShape {
    let words: Int
    let isInner: Bool

    static let header = 16

    /// Bytes of one entry, over all arrays.
    var entryBytes: Int { words * 8 + (isInner ? 16 : 4) }

    func bytes(_ capacity: Int) -> Int { Self.header + capacity * entryBytes }
}

/// A node of a ``RankTree``: sorted entries in parallel arrays, laid out by hand in one allocation.
///
/// ```
/// leaf    │ count 2 │ capacity 2 │ – 4 │ next leaf 8 │ first words … │ second words … │ references … │
/// inner   │ count 2 │ capacity 2 │ – 4 │ –         8 │ first words … │ … │ children … │ references … │ counts … │
/// ```
/// The words of all keys stand together, one array for the first words, one for the second: a search looks at few cache
/// lines. An inner entry tells its child's first key and reference, and how many entries lie below it.
///
/// Unsafe: a node is made and released by its tree alone; indices stay below `capacity`, which the tree keeps.
struct RankNode {
    let base: UnsafeMutableRawPointer

    var count: Int {
        @inline(always) get { Int(base.load(as: UInt16.self)) }
        nonmutating set { base.storeBytes(of: UInt16(newValue), as: UInt16.self) }
    }

    var capacity: Int {
        @inline(always) get { Int(base.load(fromByteOffset: 2, as: UInt16.self)) }
        nonmutating set { base.storeBytes(of: UInt16(newValue), toByteOffset: 2, as: UInt16.self) }
    }

    var next: RankNode? {
        get { base.load(fromByteOffset: 8, as: UnsafeMutableRawPointer?.self).map { RankNode(base: $0) } }
        nonmutating set { base.storeBytes(of: newValue?.base, toByteOffset: 8, as: UnsafeMutableRawPointer?.self) }
    }

    var isFull: Bool { count == capacity }

    // MARK: Arrays

    /// The first, second, … words of all entries.
    @inline(always)
    func words(_ word: Int) -> UnsafeMutablePointer<UInt64> {
        (base + NodeShape.header).assumingMemoryBound(to: UInt64.self) + word &* capacity
    }

    func key(_ index: Int, _ shape: NodeShape) -> RankKey {
        var key = RankKey()
        for word in 0..<shape.words { key[word] = words(word)[index] }
        return key
    }

    func setKey(_ index: Int, _ key: RankKey, _ shape: NodeShape) {
        for word in 0..<shape.words { words(word)[index] = key[word] }
    }

    /// Asks for what a search will look at: all first words, as it cannot be told which.
    @inline(always)
    func prefetch() {
        for line in 0...8 { nuthatch_prefetch(base + line &* 64) }
    }

    @inline(always)
    private func children(_ shape: NodeShape) -> UnsafeMutablePointer<UnsafeMutableRawPointer> {
        (base + NodeShape.header + capacity &* shape.words &* 8).assumingMemoryBound(to: UnsafeMutableRawPointer.self)
    }

    @inline(always)
    func references(_ shape: NodeShape) -> UnsafeMutablePointer<UInt32> {
        let words = shape.words + (shape.isInner ? 1 : 0)
        return (base + NodeShape.header + capacity &* words &* 8).assumingMemoryBound(to: UInt32.self)
    }

    @inline(always)
    func counts(_ shape: NodeShape) -> UnsafeMutablePointer<UInt32> { references(shape) + capacity }

    func child(_ index: Int, _ shape: NodeShape) -> RankNode { RankNode(base: children(shape)[index]) }

    func setChild(_ index: Int, _ child: RankNode, _ shape: NodeShape) { children(shape)[index] = child.base }

    // MARK: Moving entries

    /// Moves `moved` entries from index `from` on to index `to` of the same or another node; their old places are
    /// left as they were.
    func copy(_ moved: Int, from: Int, to target: RankNode, at to: Int, _ shape: NodeShape) {
        guard moved > 0 else { return }
        for word in 0..<shape.words { memmove(target.words(word) + to, words(word) + from, moved * 8) }
        memmove(target.references(shape) + to, references(shape) + from, moved * 4)
        guard shape.isInner else { return }
        memmove(target.children(shape) + to, children(shape) + from, moved * 8)
        memmove(target.counts(shape) + to, counts(shape) + from, moved * 4)
    }

    /// Makes room for an entry at `index`; there must be some.
    func openGap(_ index: Int, _ shape: NodeShape) {
        copy(count - index, from: index, to: self, at: index + 1, shape)
        count += 1
    }

    func closeGap(_ index: Int, _ shape: NodeShape) {
        copy(count - index - 1, from: index + 1, to: self, at: index, shape)
        count -= 1
    }

    /// How many entries lie in or below this node.
    func total(_ shape: NodeShape) -> Int {
        guard shape.isInner else { return count }
        var sum = 0
        let counts = counts(shape)
        for index in 0..<count { sum &+= Int(counts[index]) }
        return sum
    }
}
