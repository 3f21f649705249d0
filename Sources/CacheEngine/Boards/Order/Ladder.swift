/// One ranking: members in order, and where dense ranks are kept the distinct scores in order.
final class Ladder {
    let order: RankTree
    /// A key of columns for each distinct score; its reference is how many members have it.
    private let distinct: RankTree?

    init(columns: Int, isDense: Bool, names: MemberTable, heap: BoardHeap) {
        order = RankTree(words: columns + 1, names: names, heap: heap)
        distinct = isDense ? RankTree(words: columns, names: nil, heap: heap) : nil
    }

    var count: Int { order.count }
    var isDense: Bool { distinct != nil }

    func insert(_ key: RankKey, _ reference: UInt32) {
        order.insert(key, reference)
        guard let distinct else { return }
        if let place = place(of: key, in: distinct) {
            distinct.setReference(distinct.reference(at: place) + 1, at: place)
        } else {
            distinct.insert(key, 1)
        }
    }

    func remove(_ key: RankKey, _ reference: UInt32) {
        order.remove(key, reference)
        guard let distinct, let place = place(of: key, in: distinct) else { return }
        let left = distinct.reference(at: place) - 1
        if left == 0 { distinct.remove(key, 1) } else { distinct.setReference(left, at: place) }
    }

    private func place(of key: RankKey, in distinct: RankTree) -> RankTree.Place? {
        let words = distinct.leafShape.words
        let before = distinct.countBefore(RankProbe(key: key, words: words))
        guard let place = distinct.place(at: before) else { return nil }
        let found = distinct.key(at: place)
        for word in 0..<words where found[word] != key[word] { return nil }
        return place
    }

    /// How many distinct scores are better; the ladder must be dense.
    func distinctBefore(_ key: RankKey) -> Int {
        guard let distinct else { return 0 }
        return distinct.countBefore(RankProbe(key: key, words: distinct.leafShape.words))
    }

    /// Traps unless both orders hold the same members.
    func checkInvariants() {
        order.checkInvariants()
        guard let distinct else { return }
        distinct.checkInvariants()
        var members = 0
        var place = distinct.place(at: 0)
        while let current = place {
            members += Int(distinct.reference(at: current))
            place = distinct.next(current)
        }
        precondition(members == order.count, "distinct scores of \(members) members, not \(order.count)")
    }
}
