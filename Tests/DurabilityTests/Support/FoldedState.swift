import Bytes
import CacheModel
import Synchronization

@testable import Durability

/// The plainest state there is: what the log says, key by key.
final class FoldedState: ReplayState {
    struct Entry: Equatable {
        var value: [UInt8]
        var fields: [UInt8]
        var lifetime: Lifetime
        var position: Position
    }

    private struct Contents {
        var entries: [[UInt8]: Entry] = [:]
        var digest: UInt64 = 0
        var last = Position.none
    }

    private let contents: Mutex<Contents>

    /// - Parameter last: what positions go on behind.
    init(last: Position = .none) { contents = Mutex(Contents(last: last)) }

    var entries: [[UInt8]: Entry] { contents.withLock { $0.entries } }
    var digest: UInt64 { contents.withLock { $0.digest } }
    var lastPosition: Position { contents.withLock { $0.last } }

    /// All there is at once.
    func capture(from cursor: CaptureCursor, into sink: (borrowing Effect, Position) -> Void) -> CaptureCursor? {
        for (key, entry) in entries.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            var effect = OwnedEffect(kind: .put, key: key)
            effect.bytes = entry.value
            effect.fields = entry.fields
            effect.state.lifetime = entry.lifetime
            effect.with { sink($0, entry.position) }
        }
        return nil
    }

    func forgetDepartures() {}

    func apply(_ effect: borrowing Effect, at position: Position) { _ = replay(effect, at: position) }

    /// Rows of boards are keys like others here.
    var boardDigest: UInt64 { 0 }

    func replay(_ effect: borrowing Effect, at position: Position) -> UInt64 {
        let effect = OwnedEffect(effect)
        return contents.withLock { contents in
            contents.last = max(contents.last, position)
            let before = contents.entries[effect.key]
            if let before, before.position >= position { return 0 }
            let after = Self.apply(effect, at: position, to: before)
            contents.entries[effect.key] = after
            let change = Self.mix(effect.key, after) &- Self.mix(effect.key, before)
            contents.digest &+= change
            return change
        }
    }

    private static func apply(_ effect: OwnedEffect, at position: Position, to before: Entry?) -> Entry? {
        if effect.kind == .put {
            return Entry(
                value: effect.bytes, fields: effect.fields, lifetime: effect.state.lifetime, position: position)
        }
        guard var entry = before, effect.kind != .delete else { return nil }
        switch effect.kind {
        case .extend: entry.value = effect.end == .back ? entry.value + effect.bytes : effect.bytes + entry.value
        case .patch: entry.value = patched(entry.value, by: effect.bytes)
        case .truncate: entry.value = Array(entry.value.prefix(effect.length))
        default: entry.lifetime = effect.state.lifetime
        }
        if effect.kind != .lifetime { entry.position = position }
        return entry
    }

    private static func patched(_ value: [UInt8], by edits: [UInt8]) -> [UInt8] {
        guard Edits.fit(edits.span, valueCount: value.count) else { return value }
        var value = value
        var cursor = 0
        while let piece = Edits.next(in: edits.span, at: &cursor) {
            let bytes = edits.span.extracting(piece.bytes).copied()
            value.replaceSubrange(piece.offset..<piece.offset + bytes.count, with: bytes)
        }
        return value
    }

    private static func mix(_ key: [UInt8], _ entry: Entry?) -> UInt64 {
        guard let entry else { return 0 }
        var random = SplitMix64(seed: UInt64(CRC32C.of(key.span)) ^ entry.position.packed &* 31)
        return random.next()
    }
}
