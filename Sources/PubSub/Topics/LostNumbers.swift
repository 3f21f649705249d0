/// The numbers of a topic's events that no history holds any more: how a gap knows whether it is one, and how large.
///
/// ```
///      forgotten           in the ring        through
/// ────────────────────┤ 812  815  816  821 ├──────────  numbers →
///                  complete                 last lost
/// ```
struct LostNumbers: Sendable {
    /// So many are told apart: eight bytes each, for topics with a history.
    private static let kept = 1024

    /// The last number that was lost; 0 when none was.
    private(set) var through: UInt64 = 0
    /// Everything lost behind this number is in the ring.
    private var complete: UInt64
    private var ring = Ring<UInt64>()

    /// - Parameter forgotten: what was lost up to there is not known.
    init(forgotten: UInt64) { complete = forgotten }

    /// Behind this number nothing was lost.
    var possiblyThrough: UInt64 { max(through, complete) }

    /// Whether something may have been lost behind `number` without being known.
    func isUnknown(behind number: UInt64) -> Bool { number < complete && through < complete }

    mutating func append(_ number: UInt64, counting: Bool) {
        through = number
        guard counting else {
            complete = number
            ring.removeAll()
            return
        }
        ring.append(number)
        if ring.count > Self.kept { complete = ring.removeFirst() }
    }

    /// How many were lost behind `number`; nil when that is not known.
    func count(after number: UInt64) -> Int? {
        if number < complete { return nil }
        var low = 0
        var high = ring.count
        while low < high {
            let middle = (low + high) / 2
            if ring[middle] > number { high = middle } else { low = middle + 1 }
        }
        return ring.count - low
    }
}
