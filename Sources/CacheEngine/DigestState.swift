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
        var rows = DigestRows()
        var last = Position.none
    }

    private final class LockedPart: Sendable {
        let part = Guarded(Part())
    }

    private let hasher: KeyHasher
    private let stateHasher: KeyHasher
    /// By the hash's upper bits, so that several threads seldom meet.
    private let parts = (0..<64).map { _ in LockedPart() }
    /// Rows of boards, by board and season: one of them may take others with it.
    private let boards = Guarded(BoardDigests())
    private let isSelective = Guarded(false)

    package init(hashSecret: (UInt64, UInt64)) {
        hasher = KeyHasher(first: hashSecret.0, second: hashSecret.1)
        stateHasher = hasher.ofStates
    }

    package var digest: UInt64 {
        parts.reduce(boards.withLock { $0.digest }) { sum, locked in sum &+ locked.part.withLock { $0.rows.digest } }
    }

    package var lastPosition: Position {
        parts.map { $0.part.withLock { $0.last } }.max().map { max($0, boards.withLock { $0.last }) } ?? .none
    }

    /// How many keys are remembered now.
    package var remembered: Int {
        parts.reduce(boards.withLock { $0.remembered }) { $0 + $1.part.withLock { $0.rows.positions.count } }
    }

    package func rememberOnlyExpected() { isSelective.withLock { $0 = true } }

    package func expect(_ effect: borrowing Effect) {
        if effect.kind == .boards { return expectRow(effect) }
        withPart(of: effect) { part, hash in _ = part.rows.expected.insert(hash) }
    }

    package func apply(_ effect: borrowing Effect, at position: Position) {
        let change = DigestRows.Change(effect)
        let isSelective = isSelective.withLock { $0 }
        if effect.kind == .boards { return applyRow(effect, change, at: position, isSelective) }
        withPart(of: effect) { part, hash in
            part.last = max(part.last, position)
            part.rows.apply(change, hash, position, isSelective: isSelective)
        }
    }

    package func forgetDepartures() {}

    package func capture(
        from cursor: CaptureCursor, into sink: (borrowing Effect, Position) -> Void
    ) -> CaptureCursor? { nil }

    private func withPart(of effect: borrowing Effect, _ body: (inout Part, UInt64) -> Void) {
        let hash =
            effect.kind == .keys
            ? hasher.hash(RawBytes(effect.key)) : stateHasher.hash(kind: effect.kind, effect.key)
        parts[Int(hash >> 58)].part.withLock { body(&$0, hash) }
    }

    // MARK: Boards

    private func expectRow(_ effect: borrowing Effect) {
        guard let row = BoardRowKey(RawBytes(effect.key)) else { return }
        let hash = stateHasher.hash(kind: .boards, effect.key)
        boards.withLock { _ = $0[row].expected.insert(hash) }
    }

    private func applyRow(
        _ effect: borrowing Effect, _ change: DigestRows.Change, at position: Position, _ isSelective: Bool
    ) {
        guard let row = BoardRowKey(RawBytes(effect.key)) else { return }
        let hash = stateHasher.hash(kind: .boards, effect.key)
        boards.withLock { boards in
            boards.last = max(boards.last, position)
            if change == .delete { boards.remove(under: row, upTo: position) }
            boards[row].apply(change, hash, position, isSelective: isSelective)
        }
    }
}
