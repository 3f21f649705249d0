import Bytes

/// The six operations of a JSON Patch (RFC 6902 §4).
extension JSONTree {
    mutating func perform(_ operation: PatchOperation, on root: inout Int32) throws(JSONChangeError) {
        let path = operation.path
        switch operation.verb {
        case .add: try put(operation.value, at: path, on: &root)
        case .remove: _ = try take(path, from: root)
        case .replace:
            let old = try find(path, from: root)
            try checkDepth(of: operation.value, at: path)
            if old == root { root = operation.value } else { replace(old, with: operation.value) }
        case .move:
            // From a place to itself changes nothing, but the place must be there.
            if isSamePlace(operation.from, path) { return _ = try find(path, from: root) }
            try put(try take(operation.from, from: root), at: path, on: &root)
        case .copy:
            let value = try find(operation.from, from: root)
            guard let copy = copy(of: value) else { throw JSONChangeError(.tooManySteps, pointer: operation.from.sent) }
            try put(copy, at: path, on: &root)
        case .test:
            let value = try find(path, from: root)
            guard let isEqual = isEqual(value, operation.value) else {
                throw JSONChangeError(.tooManySteps, pointer: path.sent)
            }
            guard isEqual else { throw JSONChangeError(.testFailed, pointer: path.sent) }
        }
    }

    // MARK: Places

    /// The value at a place.
    private mutating func find(
        _ path: PointerPath, dropping last: Int = 0, from root: Int32
    ) throws(JSONChangeError) -> Int32 {
        var node = root
        for token in path.tokens.dropLast(last) {
            switch nodes[Int(node)].kind {
            case .object: node = member(token, of: node)
            case .array: node = try element(index(token), of: node, path)
            default: node = Self.none
            }
            guard node != Self.none else { throw JSONChangeError(.notFound, pointer: path.sent) }
        }
        return node
    }

    /// The element at an index, ``none`` behind the last one; nothing is at what is no index.
    private mutating func element(
        _ index: Int?, of array: Int32, _ path: PointerPath
    ) throws(JSONChangeError) -> Int32 {
        guard let index, index < Int(nodes[Int(array)].count) else { return Self.none }
        guard spend(index) else { throw JSONChangeError(.tooManySteps, pointer: path.sent) }
        var node = nodes[Int(array)].first
        for _ in 0..<index { node = nodes[Int(node)].next }
        return node
    }

    private func index(_ token: JSONText) -> Int? { Self.index(token, of: text) }

    private static func index(_ token: JSONText, of text: borrowing IOBuffer) -> Int? {
        PointerTokens.arrayIndex(text.readable.extracting(token.raw))
    }

    private func isSamePlace(_ left: PointerPath, _ right: PointerPath) -> Bool {
        guard left.tokens.count == right.tokens.count else { return false }
        for index in left.tokens.indices where !Self.isSame(left.tokens[index], right.tokens[index], in: text) {
            return false
        }
        return true
    }

    // MARK: Changes

    /// Takes the value at a place out of the document.
    private mutating func take(_ path: PointerPath, from root: Int32) throws(JSONChangeError) -> Int32 {
        let node = try find(path, from: root)
        guard node != root else { throw JSONChangeError(.removesAll, pointer: path.sent) }
        remove(node)
        return node
    }

    /// Adds `value`, which stands nowhere in the document: a member new or replaced, an element before the one that has
    /// the index now, or the whole document.
    private mutating func put(
        _ value: Int32, at path: PointerPath, on root: inout Int32
    ) throws(JSONChangeError) {
        try checkDepth(of: value, at: path)
        guard let last = path.tokens.last else { return root = value }
        let parent = try find(path, dropping: 1, from: root)
        switch nodes[Int(parent)].kind {
        case .object:
            nodes[Int(value)].name = last
            let old = member(last, of: parent)
            if old == Self.none { append(value, to: parent) } else { replace(old, with: value) }
        case .array:
            let isEnd = Self.isDash(last, of: text)
            let count = Int(nodes[Int(parent)].count)
            let index = isEnd ? count : index(last)
            guard let index, index <= count else { throw JSONChangeError(.badIndex, pointer: path.sent) }
            insert(value, into: parent, before: try element(index, of: parent, path))
        default: throw JSONChangeError(.notFound, pointer: path.sent)
        }
    }

    /// `-` names the place behind the last element.
    private static func isDash(_ token: JSONText, of text: borrowing IOBuffer) -> Bool {
        text.readable.extracting(token.raw).equals("-")
    }

    private mutating func checkDepth(of value: Int32, at path: PointerPath) throws(JSONChangeError) {
        guard let height = height(of: value) else { throw JSONChangeError(.tooManySteps, pointer: path.sent) }
        if path.tokens.count + height > JSONLimits.depth { throw JSONChangeError(.tooDeep, pointer: path.sent) }
    }
}
