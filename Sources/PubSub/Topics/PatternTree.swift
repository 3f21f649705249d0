import Bytes

/// Who listens by pattern, as a tree of levels: finding a topic's listeners looks at the levels of its name, not at
/// every pattern.
///
/// A name of n levels visits at most 2^n nodes (each level goes down the literal branch and the `*` branch), and never
/// more than the tree has.
struct PatternTree {
    /// Guarded by the hub's lock with the rest of the hub's state.
    final class Node: @unchecked Sendable {
        var children: [[UInt8]: Node] = [:]
        var any: Node?
        /// Listeners of patterns that end here, and of those with `**` behind this level.
        var here: [Subscriber] = []
        var below: [Subscriber] = []

        var isEmpty: Bool { children.isEmpty && any == nil && here.isEmpty && below.isEmpty }
    }

    private let root = Node()
    /// Rises with every change: what was found out by an older version is stale.
    private(set) var version: UInt64 = 1
    private(set) var count = 0

    mutating func insert(_ pattern: Pattern, _ subscriber: Subscriber) {
        var node = root
        for level in pattern.levels {
            switch level {
            case .any:
                if node.any == nil { node.any = Node() }
                node = node.any!
            case .exactly(let name):
                if node.children[name] == nil { node.children[name] = Node() }
                node = node.children[name]!
            }
        }
        if pattern.matchesRest { node.below.append(subscriber) } else { node.here.append(subscriber) }
        version &+= 1
        count += 1
    }

    mutating func remove(_ pattern: Pattern, _ subscriber: Subscriber) {
        Self.remove(pattern, pattern.levels[...], subscriber, from: root)
        version &+= 1
        count -= 1
    }

    private static func remove(
        _ pattern: Pattern, _ levels: ArraySlice<Pattern.Level>, _ subscriber: Subscriber, from node: Node
    ) {
        guard let level = levels.first else {
            if pattern.matchesRest { node.below.removeOne(subscriber) } else { node.here.removeOne(subscriber) }
            return
        }
        switch level {
        case .any:
            guard let child = node.any else { return }
            remove(pattern, levels.dropFirst(), subscriber, from: child)
            if child.isEmpty { node.any = nil }
        case .exactly(let name):
            guard let child = node.children[name] else { return }
            remove(pattern, levels.dropFirst(), subscriber, from: child)
            if child.isEmpty { node.children[name] = nil }
        }
    }

    /// Calls `body` with every listener whose pattern matches, once for each such pattern.
    func forEachMatch(_ topic: Span<UInt8>, _ body: (Subscriber) -> Void) {
        if count == 0 { return }
        visit(root, topic, from: 0, isFirst: true, body)
    }

    /// Whether anybody listens to the topic by pattern.
    func matches(_ topic: Span<UInt8>) -> Bool {
        var isMatched = false
        forEachMatch(topic) { _ in isMatched = true }
        return isMatched
    }

    private func visit(
        _ node: Node, _ topic: Span<UInt8>, from start: Int, isFirst: Bool, _ body: (Subscriber) -> Void
    ) {
        guard start <= topic.count else {
            for subscriber in node.here { body(subscriber) }
            return
        }
        let isOwn = isFirst && topic.first == UInt8(ascii: "$")
        if !isOwn { for subscriber in node.below { body(subscriber) } }
        let end = topic.firstIndex(of: UInt8(ascii: "/"), from: start) ?? topic.count
        if !node.children.isEmpty, let child = node.children[topic.extracting(start..<end).copied()] {
            visit(child, topic, from: end + 1, isFirst: false, body)
        }
        if !isOwn, let child = node.any { visit(child, topic, from: end + 1, isFirst: false, body) }
    }
}

extension Array where Element: AnyObject {
    /// Takes one out; the last takes its place.
    mutating func removeOne(_ element: Element) {
        guard let index = firstIndex(where: { $0 === element }) else { return }
        swapAt(index, count - 1)
        removeLast()
    }
}
