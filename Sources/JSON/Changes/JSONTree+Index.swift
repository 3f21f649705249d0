import Bytes

/// Finding members by name.
///
/// An object of more than 16 members gets its names hashed when one is first looked for: separate chaining through
/// `nextInSlot`, in one table for all objects of the tree. The hash is keyed by a secret of the process, so no chosen
/// names make it slow.
extension JSONTree {
    private static let few = 16

    /// The member of `object` that has the name, ``none`` without.
    mutating func member(_ name: JSONText, of object: Int32) -> Int32 {
        if nodes[Int(object)].count <= Self.few { return memberByScan(name, of: object) }
        if !nodes[Int(object)].isIndexed { index(object) }
        let hash = hash(of: name, under: object)
        var node = slots[Int(hash) & (slots.count - 1)]
        while node != Self.none {
            let found = nodes[Int(node)]
            if found.hash == hash, found.parent == object, Self.isSame(found.name, name, in: text) { return node }
            node = found.nextInSlot
        }
        return Self.none
    }

    private func memberByScan(_ name: JSONText, of object: Int32) -> Int32 {
        var node = nodes[Int(object)].first
        while node != Self.none, !Self.isSame(nodes[Int(node)].name, name, in: text) {
            node = nodes[Int(node)].next
        }
        return node
    }

    private mutating func index(_ object: Int32) {
        nodes[Int(object)].isIndexed = true
        var node = nodes[Int(object)].first
        while node != Self.none {
            enter(node)
            node = nodes[Int(node)].next
        }
    }

    /// Puts a member into the table.
    mutating func enter(_ node: Int32) {
        if indexed >= slots.count { growTable() }
        nodes[Int(node)].hash = hash(of: nodes[Int(node)].name, under: nodes[Int(node)].parent)
        chain(node)
        indexed += 1
    }

    /// Takes a member out of the table.
    mutating func leave(_ node: Int32) {
        let slot = Int(nodes[Int(node)].hash) & (slots.count - 1)
        indexed -= 1
        guard slots[slot] != node else { return slots[slot] = nodes[Int(node)].nextInSlot }
        var before = slots[slot]
        while nodes[Int(before)].nextInSlot != node { before = nodes[Int(before)].nextInSlot }
        nodes[Int(before)].nextInSlot = nodes[Int(node)].nextInSlot
    }

    private mutating func chain(_ node: Int32) {
        let slot = Int(nodes[Int(node)].hash) & (slots.count - 1)
        nodes[Int(node)].nextInSlot = slots[slot]
        slots[slot] = node
    }

    private mutating func growTable() {
        let old = slots
        slots = [Int32](repeating: Self.none, count: max(64, old.count * 2))
        for first in old {
            var node = first
            while node != Self.none {
                let next = nodes[Int(node)].nextInSlot
                chain(node)
                node = next
            }
        }
    }

    // MARK: Names

    private func hash(of name: JSONText, under object: Int32) -> UInt32 {
        var hasher = Hasher()
        hasher.combine(object)
        Self.combine(name, of: text, into: &hasher)
        return UInt32(truncatingIfNeeded: hasher.finalize())
    }

    private static func combine(_ name: JSONText, of text: borrowing IOBuffer, into hasher: inout Hasher) {
        var bytes = UnescapedBytes(name, of: text.readable)
        while let byte = bytes.next() { hasher.combine(byte) }
    }

    /// True when two strings mean the same bytes.
    static func isSame(_ left: JSONText, _ right: JSONText, in text: borrowing IOBuffer) -> Bool {
        let bytes = text.readable
        if !left.hasEscapes && !right.hasEscapes {
            return bytes.extracting(left.raw).equals(bytes.extracting(right.raw))
        }
        var one = UnescapedBytes(left, of: bytes)
        var other = UnescapedBytes(right, of: bytes)
        while true {
            let byte = one.next()
            if byte != other.next() { return false }
            if byte == nil { return true }
        }
    }
}
