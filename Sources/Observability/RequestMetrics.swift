import CacheModel

/// What one loop has counted about the requests it answered, by route and status, and how long they took.
public final class RequestMetrics: Sendable {
    /// More routes than the whole surface has.
    public static let maximumRoutes = 128

    /// Route-major: `statuses[route * StatusTable.count + place]`.
    private let statuses = InlineArray<4224, Counter> { _ in Counter() }
    /// Route-major: `buckets[route * LatencyBuckets.count + bucket]`.
    private let buckets = InlineArray<3200, Counter> { _ in Counter() }
    private let nanoseconds = InlineArray<128, Counter> { _ in Counter() }

    /// What rate limits answered.
    let limitsAllowed = Counter()
    let limitsDenied = Counter()
    /// Allowed by a policy that only watches, and would else have denied.
    let limitsShadowed = Counter()

    public init() {
        precondition(
            StatusTable.count * Self.maximumRoutes == 4224 && LatencyBuckets.count * Self.maximumRoutes == 3200)
        precondition(StatusTable.statuses.count < StatusTable.count)
    }

    /// Counts one answered request. Only the owning loop calls this.
    public func record(route: Int, status: Int, nanoseconds elapsed: UInt64) {
        precondition(route >= 0 && route < Self.maximumRoutes, "a route outside the table")
        statuses[route &* StatusTable.count &+ StatusTable.index(status)].add()
        buckets[route &* LatencyBuckets.count &+ LatencyBuckets.index(nanoseconds: elapsed)].add()
        nanoseconds[route].add(elapsed)
    }

    /// Counts one answer of a rate limit. Only the owning loop calls this.
    public func count(_ verdict: LimitVerdict) {
        switch verdict.answer {
        case .allowed: verdict.wouldDeny ? limitsShadowed.add() : limitsAllowed.add()
        case .denied, .blocked: limitsDenied.add()
        default: break
        }
    }

    func requests(route: Int, place: Int) -> UInt64 { statuses[route * StatusTable.count + place].value }
    func bucket(route: Int, index: Int) -> UInt64 { buckets[route * LatencyBuckets.count + index].value }
    func elapsed(route: Int) -> UInt64 { nanoseconds[route].value }
}
