/// What one loop has counted about the requests it answered, by route and status, and how long they took.
package final class RequestMetrics: Sendable {
    /// More routes than the whole surface has.
    package static let maximumRoutes = 64

    /// Route-major: `statuses[route * StatusTable.count + place]`.
    private let statuses = InlineArray<2112, Counter> { _ in Counter() }
    /// Route-major: `buckets[route * LatencyBuckets.count + bucket]`.
    private let buckets = InlineArray<1600, Counter> { _ in Counter() }
    private let nanoseconds = InlineArray<64, Counter> { _ in Counter() }

    package init() {
        precondition(
            StatusTable.count * Self.maximumRoutes == 2112 && LatencyBuckets.count * Self.maximumRoutes == 1600)
        precondition(StatusTable.statuses.count < StatusTable.count)
    }

    /// Counts one answered request. Only the owning loop calls this.
    package func record(route: Int, status: Int, nanoseconds elapsed: UInt64) {
        precondition(route >= 0 && route < Self.maximumRoutes, "a route outside the table")
        statuses[route &* StatusTable.count &+ StatusTable.index(status)].add()
        buckets[route &* LatencyBuckets.count &+ LatencyBuckets.index(nanoseconds: elapsed)].add()
        nanoseconds[route].add(elapsed)
    }

    func requests(route: Int, place: Int) -> UInt64 { statuses[route * StatusTable.count + place].value }
    func bucket(route: Int, index: Int) -> UInt64 { buckets[route * LatencyBuckets.count + index].value }
    func elapsed(route: Int) -> UInt64 { nanoseconds[route].value }
}
