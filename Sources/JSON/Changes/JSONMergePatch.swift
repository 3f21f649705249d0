import Bytes

/// JSON Merge Patch (RFC 7396): the patch looks like the document; its members replace, `null` removes, objects merge.
package enum JSONMergePatch {
    /// Appends what `document` becomes by `patch`, in compact form: members keep their order and new ones follow,
    /// numbers and strings keep the text they were sent with.
    ///
    /// - Parameter limit: the longest result in bytes.
    /// - Throws: `.patch`, `.document`, `.tooLong`, `.tooDeep`; `out` is as it was before.
    /// - Complexity: expected O(bytes of both).
    package static func apply(
        _ patch: Span<UInt8>, to document: Span<UInt8>, limit: Int = .max, into out: inout IOBuffer
    ) throws(JSONChangeError) {
        var tree = JSONTree()
        let old = try tree.readDocument(document)
        let change = try tree.readPatch(patch)
        let root = tree.merged(old, change)
        try tree.finish(root, limit: limit, into: &out)
    }
}

extension JSONTree {
    /// What `target`, ``none`` where there is nothing, becomes by `patch`. Both are used up.
    fileprivate mutating func merged(_ target: Int32, _ patch: Int32) -> Int32 {
        guard nodes[Int(patch)].kind == .object else { return patch }
        let isObject = target != Self.none && nodes[Int(target)].kind == .object
        let object = isObject ? target : add(.object)
        var change = nodes[Int(patch)].first
        while change != Self.none {
            let next = nodes[Int(change)].next
            merge(change, into: object)
            change = next
        }
        return object
    }

    private mutating func merge(_ change: Int32, into object: Int32) {
        let name = nodes[Int(change)].name
        let old = member(name, of: object)
        if nodes[Int(change)].kind == .null {
            if old != Self.none { remove(old) }
            return
        }
        let new = merged(old, change)
        guard new != old else { return }
        nodes[Int(new)].name = name
        if old == Self.none { append(new, to: object) } else { replace(old, with: new) }
    }
}

extension JSONTree {
    mutating func readDocument(_ text: Span<UInt8>) throws(JSONChangeError) -> Int32 {
        do { return try read(text) } catch { throw JSONChangeError(.document(error)) }
    }

    mutating func readPatch(_ text: Span<UInt8>) throws(JSONChangeError) -> Int32 {
        do { return try read(text) } catch { throw JSONChangeError(.patch(error)) }
    }

    /// Writes the result, and takes it back where it is no text that a reader would take.
    func finish(_ root: Int32, limit: Int, into out: inout IOBuffer) throws(JSONChangeError) {
        let start = out.count
        let (end, isBeyond) = start.addingReportingOverflow(limit)
        write(root, limit: isBeyond ? .max : end, into: &out)
        let isTooLong = out.count - start > limit
        if isTooLong || (nodes.count > JSONLimits.openMembers && !Self.isReadable(out, from: start)) {
            out.truncate(to: start)
            throw JSONChangeError(.tooLong)
        }
    }

    private static func isReadable(_ text: borrowing IOBuffer, from start: Int) -> Bool {
        var reader = JSONReader(text.readable.extracting(start..<text.count))
        return (try? reader.skipValue()) != nil && (try? reader.finish()) != nil
    }
}
