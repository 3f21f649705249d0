import Bytes
import CacheModel

@testable import Durability

/// Made-up changes, given positions, applied to a state and handed to a log as an engine does it, and told to a ledger
/// before. The same seed makes the same changes.
struct Workload {
    private struct Change {
        var effect: OwnedEffect
        var position: Position
        var remaining: Int
        var digestChange: UInt64
    }

    private let state: any DurableState
    private let log: any EffectReader
    private var random: SplitMix64
    private var next: Position
    /// Changes that another shard makes slowly: applied, but not handed over yet.
    private var late: [Change] = []

    /// - Parameter next: the position of the first change.
    init(_ state: any DurableState, log: any EffectReader, next: Position, seed: UInt64) {
        self.state = state
        self.log = log
        self.next = next
        random = SplitMix64(seed: seed)
    }

    /// One change, or an atomic group of up to four.
    /// - Parameters:
    ///   - now: the wall clock.
    ///   - isLate: of a part at least the log hears only with the next.
    mutating func change(_ ledger: inout Ledger, at now: Instant, isLate: Bool = false) {
        let count = random.next() % 4 == 0 ? Int(random.next() % 3) + 2 : 1
        var group: [Change] = []
        for remaining in (0..<count).reversed() { group.append(make(remaining, &ledger, now)) }
        let late = isLate ? group.suffix(Int(random.next() % UInt64(count)) + 1) : []
        for change in group.dropLast(late.count) + self.late { handOver(change) }
        self.late = Array(late)
    }

    private mutating func make(_ remaining: Int, _ ledger: inout Ledger, _ now: Instant) -> Change {
        let effect = makeEffect(now)
        let position = next
        next = Position(epoch: next.epoch, number: next.number + 1)
        let before = state.digest
        effect.with { state.apply($0, at: position) }
        ledger.records.append(Ledger.Record(position: position, remaining: remaining, effect: effect, time: now))
        return Change(
            effect: effect, position: position, remaining: remaining, digestChange: state.digest &- before)
    }

    private func handOver(_ change: Change) {
        change.effect.with {
            log.record($0, at: change.position, remaining: change.remaining, digestChange: change.digestChange)
        }
    }

    private mutating func makeEffect(_ now: Instant) -> OwnedEffect {
        let kinds: [RecordKind] = [.put, .put, .put, .extend, .truncate, .lifetime, .delete]
        let kind = kinds[Int(random.next() % UInt64(kinds.count))]
        var effect = OwnedEffect(kind: kind, key: Array("key\(random.next() % 12)".utf8))
        let isLong = random.next() % 16 == 0
        let count = Int(random.next() % (isLong ? 9000 : 60))
        effect.bytes = kind == .put || kind == .extend ? (0..<count).map { UInt8(truncatingIfNeeded: $0) } : []
        if count >= 8 && !effect.bytes.isEmpty {
            // Every value is told apart by the number it begins with.
            var number = next.packed
            for index in 0..<8 {
                effect.bytes[index] = UInt8(truncatingIfNeeded: number)
                number >>= 8
            }
        }
        effect.length = count
        // Without a version there is nothing to keep, and the log does not say until when.
        if kind == .delete { effect.state.freshUntil = effect.state.modifiedAt }
        if kind == .lifetime {
            effect.state.lifetime = Lifetime(expiresAt: now.advanced(byMilliseconds: Int64(count)))
            effect.state.freshUntil = effect.state.lifetime.expiresAt
        }
        return effect
    }
}
