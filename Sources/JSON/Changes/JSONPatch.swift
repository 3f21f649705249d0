import Bytes

/// JSON Patch (RFC 6902): operations in order, all of them or none.
package enum JSONPatch {
    /// Checks everything about a patch that does not depend on a document.
    package static func check(_ patch: Span<UInt8>) throws(JSONChangeError) {
        var tree = JSONTree()
        _ = try PatchOperation.all(of: patch, in: &tree)
    }

    /// Appends what `document` becomes by `patch`, in compact form: members keep their order and new ones follow,
    /// numbers and strings keep the text they were sent with. Members of an operation that the RFC does not know are
    /// ignored, as it asks.
    ///
    /// - Parameter limit: the longest result in bytes.
    /// - Throws: any reason; what makes the patch malformed is found before any operation is tried. `out` is as it was.
    /// - Complexity: expected O(bytes of both), plus the elements walked over and copied:
    ///   at most ``JSONLimits/changeSteps`` of them.
    package static func apply(
        _ patch: Span<UInt8>, to document: Span<UInt8>, limit: Int = .max, into out: inout IOBuffer
    ) throws(JSONChangeError) {
        var tree = JSONTree()
        let operations = try PatchOperation.all(of: patch, in: &tree)
        var root = try tree.readDocument(document)
        for (index, operation) in operations.enumerated() {
            do {
                try tree.perform(operation, on: &root)
            } catch {
                throw JSONChangeError(error.reason, operation: index, pointer: error.pointer)
            }
        }
        try tree.finish(root, limit: limit, into: &out)
    }
}

/// One operation of a JSON Patch, in the shape the RFC asks for.
struct PatchOperation {
    var verb: Verb
    var path: PointerPath
    /// Of move and copy.
    var from: PointerPath
    /// Of add, replace and test.
    var value: Int32

    enum Verb: CaseIterable {
        case add, remove, replace, move, copy, test

        fileprivate var word: StaticString {
            switch self {
            case .add: "add"
            case .remove: "remove"
            case .replace: "replace"
            case .move: "move"
            case .copy: "copy"
            case .test: "test"
            }
        }
    }

    /// Reads a whole patch. Its text is the first of the tree, so slices of it count from its start.
    static func all(
        of patch: Span<UInt8>, in tree: inout JSONTree
    ) throws(JSONChangeError) -> [PatchOperation] {
        precondition(tree.nodes.isEmpty, "the patch is read first")
        let list = try tree.readPatch(patch)
        guard tree.nodes[Int(list)].kind == .array else { throw JSONChangeError(.notAnArray) }
        var operations: [PatchOperation] = []
        var node = tree.nodes[Int(list)].first
        while node != JSONTree.none {
            do {
                operations.append(try PatchOperation(node, of: &tree))
            } catch {
                throw JSONChangeError(error.reason, operation: operations.count, pointer: error.pointer)
            }
            node = tree.nodes[Int(node)].next
        }
        return operations
    }

    private init(_ node: Int32, of tree: inout JSONTree) throws(JSONChangeError) {
        guard tree.nodes[Int(node)].kind == .object,
            let word = tree.string(tree.member("op", of: node))
        else { throw JSONChangeError(.notAnOperation) }
        let known = Verb.allCases.first { tree.means(word, $0.word) }
        guard let verb = known else { throw JSONChangeError(.unknownOperation) }
        guard let path = tree.string(tree.member("path", of: node)) else { throw JSONChangeError(.missingPath) }
        self.verb = verb
        self.path = try PointerPath(path, of: &tree)
        from = PointerPath()
        value = JSONTree.none
        switch verb {
        case .remove: break
        case .move, .copy:
            guard let text = tree.string(tree.member("from", of: node)) else { throw JSONChangeError(.missingFrom) }
            from = try PointerPath(text, of: &tree)
            if verb == .move && from.isAbove(self.path, in: tree.text) {
                throw JSONChangeError(.moveIntoItself, pointer: path.raw)
            }
        case .add, .replace, .test:
            value = tree.member("value", of: node)
            guard value != JSONTree.none else { throw JSONChangeError(.missingValue, pointer: path.raw) }
        }
    }
}

extension JSONTree {
    /// The member of that name, found one by one: an operation has few.
    fileprivate func member(_ name: StaticString, of object: Int32) -> Int32 {
        var node = nodes[Int(object)].first
        while node != Self.none, !means(nodes[Int(node)].name, name) { node = nodes[Int(node)].next }
        return node
    }

    /// The text of a node that is a string.
    fileprivate func string(_ node: Int32) -> JSONText? {
        guard node != Self.none, nodes[Int(node)].kind == .string else { return nil }
        return stringText(nodes[Int(node)])
    }

    fileprivate func means(_ text: JSONText, _ word: StaticString) -> Bool {
        Self.means(text, word, in: self.text)
    }

    private static func means(_ text: JSONText, _ word: StaticString, in bytes: borrowing IOBuffer) -> Bool {
        JSONReader(bytes.readable).matches(text, word)
    }
}
