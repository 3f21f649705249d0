import Bytes

/// A JSON text taken apart so that it can be changed, and written again in compact form.
///
/// Nodes lie in one array and name each other by index. What a node says (a string, a number, the name of a member) is
/// a slice of `text`, which holds every text that was read, one behind the other: numbers keep their digits, strings
/// their escapes, members their order. Changing moves links only:
/// ```
/// {"a":[1],"b":true}      object ─first→ a: array ─next→ b: true
///                                          └first→ 1
/// ```
/// Whatever is put into the tree leaves it at most ``JSONLimits/depth`` containers deep, so walking it may recurse.
/// Small objects are searched member by member, larger ones through a hash table (`JSONTree+Index`).
/// - Complexity: reading and writing O(bytes); every change expected O(1) beside what its function says.
struct JSONTree: ~Copyable {
    /// Names no node.
    static let none: Int32 = -1

    var text = IOBuffer()
    var nodes: [Node] = []
    /// The chains of the members of large objects; a power of two of them, or none yet.
    var slots: [Int32] = []
    var indexed = 0
    /// How many more nodes may be visited or copied on the way to a place.
    var steps = JSONLimits.changeSteps

    struct Node {
        var kind: JSONKind
        /// The members of this object are in the table, and so are those that will come.
        var isIndexed = false
        /// The name as it was sent, of a member only.
        var name: JSONText
        /// The text of a scalar, a string's with its quotes.
        var raw: ByteSlice
        var parent = JSONTree.none
        var first = JSONTree.none
        var last = JSONTree.none
        var next = JSONTree.none
        var previous = JSONTree.none
        /// How many children there are.
        var count: Int32 = 0
        var hash: UInt32 = 0
        var nextInSlot = JSONTree.none
    }

    static let noName = JSONText(raw: .empty, hasEscapes: false)

    // MARK: Reading

    /// Takes a whole text apart and returns the node of its value, which stands under no other.
    mutating func read(_ input: Span<UInt8>) throws(JSONError) -> Int32 {
        let base = text.count
        text.append(input)
        var reader = JSONReader(input)
        var parent = Self.none
        var name = Self.noName
        var top = Self.none
        while true {
            let kind: JSONKind
            switch try reader.next() {
            case .name(let sent):
                name = JSONText(raw: sent.raw.shifted(by: base), hasEscapes: sent.hasEscapes)
                continue
            case .endObject, .endArray:
                parent = nodes[Int(parent)].parent
                continue
            case .end: return top
            case .beginObject: kind = .object
            case .beginArray: kind = .array
            case .string: kind = .string
            case .number: kind = .number
            case .bool: kind = .bool
            case .null: kind = .null
            }
            let isContainer = kind == .object || kind == .array
            let sent = reader.tokenStart..<(isContainer ? reader.tokenStart : reader.position)
            let node = add(kind, ByteSlice(sent).shifted(by: base), name)
            if parent == Self.none { top = node } else { append(node, to: parent) }
            if isContainer { parent = node }
        }
    }

    mutating func add(_ kind: JSONKind, _ raw: ByteSlice = .empty, _ name: JSONText = noName) -> Int32 {
        nodes.append(Node(kind: kind, name: name, raw: raw))
        return Int32(nodes.count - 1)
    }

    // MARK: Links

    /// Makes `child`, which stands nowhere, the last one of `parent`. A member's name must be new there.
    mutating func append(_ child: Int32, to parent: Int32) {
        insert(child, into: parent, before: Self.none)
    }

    /// Puts `child`, which stands nowhere, before a child of `parent`; behind the last one before none.
    mutating func insert(_ child: Int32, into parent: Int32, before next: Int32) {
        let previous = next == Self.none ? nodes[Int(parent)].last : nodes[Int(next)].previous
        nodes[Int(child)].parent = parent
        nodes[Int(child)].next = next
        nodes[Int(child)].previous = previous
        link(previous, to: child, of: parent)
        if next == Self.none { nodes[Int(parent)].last = child } else { nodes[Int(next)].previous = child }
        nodes[Int(parent)].count += 1
        if nodes[Int(parent)].isIndexed { enter(child) }
    }

    /// Takes `child` out of its container; it keeps its own children.
    mutating func remove(_ child: Int32) {
        let node = nodes[Int(child)]
        if nodes[Int(node.parent)].isIndexed { leave(child) }
        link(node.previous, to: node.next, of: node.parent)
        if node.next == Self.none {
            nodes[Int(node.parent)].last = node.previous
        } else {
            nodes[Int(node.next)].previous = node.previous
        }
        nodes[Int(node.parent)].count -= 1
        nodes[Int(child)].parent = Self.none
    }

    /// Puts `new`, which stands nowhere, into the place of `old`, under the name of `old`.
    mutating func replace(_ old: Int32, with new: Int32) {
        let node = nodes[Int(old)]
        nodes[Int(new)].name = node.name
        remove(old)
        insert(new, into: node.parent, before: node.next)
    }

    private mutating func link(_ previous: Int32, to next: Int32, of parent: Int32) {
        if previous == Self.none {
            nodes[Int(parent)].first = next
        } else {
            nodes[Int(previous)].next = next
        }
    }
}

extension ByteSlice {
    /// The same bytes, where `offset` others stand before the text they were counted in.
    func shifted(by offset: Int) -> ByteSlice { ByteSlice(start: Int(start) + offset, count: Int(count)) }
}
