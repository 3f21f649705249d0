/// Cache-aside: GET each key of a trace; what is missing is PUT.
struct CacheAside: Workload {
    private let trace: Trace
    private let limit: Int
    private(set) var position = 0

    init(trace: Trace, limit: Int?) {
        self.trace = trace
        self.limit = min(limit ?? trace.count, trace.count)
    }

    var total: Int { limit }

    @inline(__always)
    mutating func next() -> Request? {
        guard position < limit else { return nil }
        defer { position += 1 }
        return Request(operation: .get, key: trace[position])
    }

    @inline(__always)
    mutating func answered(_ request: Request, _ answer: Answer) -> Request? {
        guard case .miss = answer else { return nil }
        return Request(operation: .put, key: request.key)
    }
}
