import CacheModel

@testable import Durability

/// What was asked of a log and what it promised.
struct Ledger {
    struct Record {
        var position: Position
        var remaining: Int
        var effect: OwnedEffect
        /// When it was made; its log time where it is written at once.
        var time: Instant
        var acknowledgedAt: Int64?
    }

    var records: [Record] = []
    /// The position before the first record.
    var start = Position.none
    /// Up to where the log said that the disk holds it: a reply that waits for a sync has left.
    private(set) var confirmed = Position.none

    var last: Position { records.last?.position ?? start }
    /// How many records lie before the end of the last that was acknowledged.
    var acknowledged: Int { records.lastIndex { $0.acknowledgedAt != nil }.map { $0 + 1 } ?? 0 }

    mutating func acknowledge(through position: Position, at time: Int64) {
        for index in records.indices.reversed() {
            if records[index].acknowledgedAt != nil { return }
            if records[index].position <= position { records[index].acknowledgedAt = time }
        }
    }

    mutating func confirm(through position: Position) { confirmed = max(confirmed, position) }

    /// The state after the first `count` records.
    func fold(_ count: Int) -> FoldedState {
        let state = FoldedState(last: start)
        for record in records[..<count] { record.effect.with { state.apply($0, at: record.position) } }
        return state
    }
}
