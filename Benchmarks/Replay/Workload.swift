/// Where requests come from. The driver asks for the next one whenever a connection is free, so the
/// order is that of the source up to the number of requests in flight.
protocol Workload {
    /// How many requests (or keys) there are, for the progress bar.
    var total: Int { get }
    /// How many of them were handed out.
    var position: Int { get }
    mutating func next() -> Request?
    /// Told of each answer; may ask for one more request on the same connection.
    mutating func answered(_ request: Request, _ answer: Answer) -> Request?
}

/// Cache-aside: GET each key of a trace; what is missing is PUT.
struct CacheAside: Workload {
    private let trace: Trace
    private let limit: Int
    private(set) var position = 0
    private(set) var hits = 0
    private(set) var misses = 0

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
        switch answer {
        case .hit: hits += 1
        case .miss:
            misses += 1
            return Request(operation: .put, key: request.key)
        case .stored, .refused: break
        }
        return nil
    }
}

/// The same operation again and again: on keys in turn (`fill`), or on random ones.
struct SteadyLoad: Workload {
    enum Order { case inTurn, random }

    let total: Int
    private(set) var position = 0
    private let operation: Request.Operation
    private let order: Order
    private let keys: UInt64
    private var random: SplitMix

    init(_ operation: Request.Operation, _ order: Order, keys: Int, requests: Int, seed: UInt64) {
        self.operation = operation
        self.order = order
        self.keys = UInt64(keys)
        total = requests
        random = SplitMix(seed: seed)
    }

    @inline(__always)
    mutating func next() -> Request? {
        guard position < total else { return nil }
        defer { position += 1 }
        let key = order == .inTurn ? UInt64(position) % keys : random.next(below: keys)
        return Request(operation: operation, key: UInt32(truncatingIfNeeded: key))
    }

    @inline(__always)
    mutating func answered(_ request: Request, _ answer: Answer) -> Request? { nil }
}
