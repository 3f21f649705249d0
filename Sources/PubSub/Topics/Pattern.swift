import Bytes

/// A pattern of topic names: levels split by `/`, `*` for one level, a final `**` for the rest.
///
/// `device/*/state` matches `device/7/state`; `device/**` matches `device/7` and everything below, but not `device`.
package struct Pattern: Sendable, Hashable {
    enum Level: Sendable, Hashable {
        case exactly([UInt8])
        case any
    }

    package let text: [UInt8]
    let levels: [Level]
    /// The pattern ended in `**`.
    let matchesRest: Bool

    /// So many levels bound what a publication looks at in the tree of patterns.
    package static let mostLevels = 32

    /// Nil when `**` does not stand alone at the end, `*` does not stand alone in its level, or there are more than 32
    /// levels.
    package init?(_ text: Span<UInt8>) {
        guard !text.isEmpty else { return nil }
        self.text = text.copied()
        var levels: [Level] = []
        var rest = false
        var start = 0
        while start <= text.count {
            if rest || levels.count == Self.mostLevels { return nil }
            let end = text.firstIndex(of: UInt8(ascii: "/"), from: start) ?? text.count
            let level = text.extracting(start..<end)
            if level.equals("*") {
                levels.append(.any)
            } else if level.equals("**") {
                rest = true
            } else {
                if level.firstIndex(of: UInt8(ascii: "*")) != nil { return nil }
                levels.append(.exactly(level.copied()))
            }
            start = end + 1
        }
        self.levels = levels
        matchesRest = rest
    }

    /// Whether a topic's levels are as the pattern says. The server's own topics, with `$` in front, are matched only
    /// by patterns that name that first level.
    package func matches(_ topic: Span<UInt8>) -> Bool {
        if topic.first == UInt8(ascii: "$") && !namesFirstLevel { return false }
        var start = 0
        for level in levels {
            guard start <= topic.count else { return false }
            let end = topic.firstIndex(of: UInt8(ascii: "/"), from: start) ?? topic.count
            if case .exactly(let bytes) = level, !topic.extracting(start..<end).equals(bytes.span) { return false }
            start = end + 1
        }
        return matchesRest ? start <= topic.count : start == topic.count + 1
    }

    func matches(_ topic: TopicName) -> Bool {
        let bytes = topic.bytes
        return matches(bytes.span)
    }

    private var namesFirstLevel: Bool {
        if case .exactly = levels.first { return true }
        return false
    }
}

extension Span where Element == UInt8 {
    var first: UInt8? { isEmpty ? nil : self[0] }
}
