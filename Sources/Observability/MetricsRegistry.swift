/// Every loop's counters, so that a reader can sum them. Loops never share one.
public final class MetricsRegistry: Sendable {
    /// The label of each route, by its number.
    public let routes: [StaticString]
    private let requests: [RequestMetrics]
    private let loops: [LoopMetrics]

    public init(loops count: Int, routes: [StaticString]) {
        precondition(count >= 1, "a server has a loop")
        precondition(routes.count <= RequestMetrics.maximumRoutes, "more routes than counters")
        self.routes = routes
        requests = (0..<count).map { _ in RequestMetrics() }
        loops = (0..<count).map { _ in LoopMetrics() }
    }

    public var loopCount: Int { loops.count }

    /// The counters that loop number `index` writes.
    public func requests(ofLoop index: Int) -> RequestMetrics { requests[index] }
    public func loop(_ index: Int) -> LoopMetrics { loops[index] }

    func sum(_ part: (RequestMetrics) -> UInt64) -> UInt64 { requests.reduce(0) { $0 &+ part($1) } }
    func sumLoops(_ part: (LoopMetrics) -> UInt64) -> UInt64 { loops.reduce(0) { $0 &+ part($1) } }
}
