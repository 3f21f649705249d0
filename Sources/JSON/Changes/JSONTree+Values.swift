import Bytes

/// Values as wholes: written, copied, compared.
extension JSONTree {
    // MARK: Writing

    /// Appends the compact text of a value. Stops early once `out` holds more than `limit` bytes.
    func write(_ node: Int32, limit: Int, into out: inout IOBuffer) {
        guard out.count <= limit else { return }
        let value = nodes[Int(node)]
        guard value.kind == .object || value.kind == .array else {
            return out.append(copying: text, in: value.raw.range)
        }
        let isObject = value.kind == .object
        out.append(isObject ? 0x7B : 0x5B)
        var child = value.first
        while child != Self.none {
            if child != value.first { out.append(0x2C) }
            if isObject {
                out.append(0x22)
                out.append(copying: text, in: nodes[Int(child)].name.raw.range)
                out.append("\":")
            }
            write(child, limit: limit, into: &out)
            child = nodes[Int(child)].next
        }
        out.append(isObject ? 0x7D : 0x5D)
    }

    // MARK: Copies

    /// A value like `node` that stands nowhere and shares nothing with it; nil when the steps are used up.
    mutating func copy(of node: Int32) -> Int32? {
        guard spend(1) else { return nil }
        let value = nodes[Int(node)]
        let copy = add(value.kind, value.raw)
        var child = value.first
        while child != Self.none {
            guard let part = self.copy(of: child) else { return nil }
            nodes[Int(part)].name = nodes[Int(child)].name
            append(part, to: copy)
            child = nodes[Int(child)].next
        }
        return copy
    }

    /// How many containers are inside each other in a value: 0 of a scalar. Nil when the steps are used up.
    mutating func height(of node: Int32) -> Int? {
        guard spend(1) else { return nil }
        let kind = nodes[Int(node)].kind
        guard kind == .object || kind == .array else { return 0 }
        var highest = 0
        var child = nodes[Int(node)].first
        while child != Self.none {
            guard let height = height(of: child) else { return nil }
            highest = max(highest, height)
            child = nodes[Int(child)].next
        }
        return highest + 1
    }

    /// Takes `count` of the steps that are left; false when there are not so many.
    mutating func spend(_ count: Int) -> Bool {
        guard steps >= count else { return false }
        steps -= count
        return true
    }

    // MARK: Equality

    /// Whether two values are equal (RFC 6902 §4.6): numbers by what they are worth, strings by what they mean,
    /// objects whatever the order of their members. Nil when the steps are used up.
    mutating func isEqual(_ left: Int32, _ right: Int32) -> Bool? {
        guard spend(1) else { return nil }
        let one = nodes[Int(left)]
        let other = nodes[Int(right)]
        guard one.kind == other.kind, one.count == other.count else { return false }
        switch one.kind {
        case .null: return true
        case .bool: return one.raw.count == other.raw.count
        case .number: return DecimalNumber.isEqual(one.raw, other.raw, in: text)
        case .string: return Self.isSame(stringText(one), stringText(other), in: text)
        case .array: return isEqualArray(one.first, other.first)
        case .object: return isEqualObject(one.first, right)
        }
    }

    private mutating func isEqualArray(_ left: Int32, _ right: Int32) -> Bool? {
        var (left, right) = (left, right)
        while left != Self.none {
            let isEqual = isEqual(left, right)
            guard isEqual == true else { return isEqual }
            left = nodes[Int(left)].next
            right = nodes[Int(right)].next
        }
        return true
    }

    /// Both have as many members, so it is enough that each of the one is in the other.
    private mutating func isEqualObject(_ left: Int32, _ right: Int32) -> Bool? {
        var left = left
        while left != Self.none {
            let found = member(nodes[Int(left)].name, of: right)
            guard found != Self.none else { return false }
            let isEqual = isEqual(left, found)
            guard isEqual == true else { return isEqual }
            left = nodes[Int(left)].next
        }
        return true
    }

    /// The text of a string without its quotes. Whether it has escapes is not kept: it is taken to have some.
    func stringText(_ node: Node) -> JSONText {
        JSONText(raw: ByteSlice(start: Int(node.raw.start) + 1, count: Int(node.raw.count) - 2), hasEscapes: true)
    }
}
