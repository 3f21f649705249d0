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
