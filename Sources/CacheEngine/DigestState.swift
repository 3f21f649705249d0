import Bytes
import CacheModel

/// Computes the digest of what records amount to, without keeping values: 16 bytes a key that must be remembered.
///
/// A snapshot's entries are given once each, except those that its tail changes; so when the tail's keys are expected
/// first, only those are remembered, and rehearsing ten million entries beside a running server takes the memory of
/// what was written meanwhile. Without expectations, for a log, every key is.
///
/// Keys are known by their whole keyed hash: two keys that share it are one in 2^64, and would be one to the digest.
package final class DigestState: RehearsalState {
    private struct Part {
        var positions: [UInt64: Position] = [:]
        var expected: Set<UInt64> = []
        /// The part of the digest that forgotten keys have.
        var forgotten: UInt64 = 0
        var last = Position.none
    }

    private final class LockedPart: Sendable {
        let part = Guarded(Part())
    }

    private let hasher: KeyHasher
    /// By the hash's upper bits, so that several threads seldom meet.
    private let parts = (0..<64).map { _ in LockedPart() }
    private let isSelective = Guarded(false)

    package init(hashSecret: (UInt64, UInt64)) {
        hasher = KeyHasher(first: hashSecret.0, second: hashSecret.1)
    }

    package var digest: UInt64 {
        parts.reduce(0) { sum, locked in
            sum
                &+ locked.part.withLock { part in
                    part.positions.reduce(part.forgotten) { $0 &+ StateDigest.mix($1.key, $1.value) }
                }
        }
    }

    package var lastPosition: Position { parts.map { $0.part.withLock { $0.last } }.max() ?? .none }

    /// How many keys are remembered now.
    package var remembered: Int { parts.reduce(0) { $0 + $1.part.withLock { $0.positions.count } } }

    package func rememberOnlyExpected() { isSelective.withLock { $0 = true } }

    package func expect(_ effect: borrowing Effect) {
        withPart(of: effect) { part, hash in
            _ = part.expected.insert(hash)
        }
    }

    package func apply(_ effect: borrowing Effect, at position: Position) {
        let change = Change(effect)
        let isSelective = isSelective.withLock { $0 }
        withPart(of: effect) { part, hash in
            part.last = max(part.last, position)
            if isSelective, !part.expected.contains(hash) {
                if change == .put { part.forgotten &+= StateDigest.mix(hash, position) }
                return
            }
            let held = part.positions[hash]
            switch change {
            case .put: if held.map({ $0 < position }) ?? true { part.positions[hash] = position }
            case .change: if let held, held < position { part.positions[hash] = position }
            case .delete: if let held, held < position { part.positions[hash] = nil }
            case .lifetime: break
            }
        }
    }

    package func forgetDepartures() {}

    package func capture(
        from cursor: CaptureCursor, into sink: (borrowing Effect, Position) -> Void
    ) -> CaptureCursor? { nil }

    private enum Change {
        case put, change, delete, lifetime

        init(_ effect: borrowing Effect) {
            switch copy effect {
            case .put: self = .put
            case .extend, .truncate: self = .change
            case .lifetime: self = .lifetime
            case .delete: self = .delete
            }
        }
    }

    private func withPart(of effect: borrowing Effect, _ body: (inout Part, UInt64) -> Void) {
        let hash = hasher.hash(RawBytes(effect.key))
        parts[Int(hash >> 58)].part.withLock { body(&$0, hash) }
    }
}
