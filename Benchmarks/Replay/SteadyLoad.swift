/// The same operation again and again: on keys in turn (`fill`), or on random ones. What was refused is asked once more
/// if `again` says so.
struct SteadyLoad: Workload {
    enum Order { case inTurn, random }

    let total: Int
    private(set) var position = 0
    private let operation: Request.Operation
    private let order: Order
    private let keys: UInt64
    private var random: SplitMix
    private let again: Bool

    init(_ operation: Request.Operation, _ order: Order, keys: Int, requests: Int, seed: UInt64, again: Bool) {
        self.operation = operation
        self.order = order
        self.keys = UInt64(keys)
        total = requests
        random = SplitMix(seed: seed)
        self.again = again
    }

    @inline(__always)
    mutating func next() -> Request? {
        guard position < total else { return nil }
        defer { position += 1 }
        let key = order == .inTurn ? UInt64(position) % keys : random.next(below: keys)
        return Request(operation: operation, key: UInt32(truncatingIfNeeded: key))
    }

    @inline(__always)
    mutating func answered(_ request: Request, _ answer: Answer) -> Request? {
        if again, case .refused = answer { return request }
        return nil
    }
}
