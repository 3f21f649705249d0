/// Names a parked connection: which loop, which of its connections, and which wait of that connection.
///
/// The generation rises with every wait, so a completion that comes late, for a connection that is gone or has moved
/// on, is recognised and dropped.
public struct Ticket: Sendable, Hashable {
    public let packed: UInt64

    public init(packed: UInt64) { self.packed = packed }

    /// - Parameters: loop 0…255, connection 0…2^24−1.
    public init(loop: Int, connection: Int, generation: UInt32) {
        precondition(loop >= 0 && loop < 256 && connection >= 0 && connection < 1 << 24, "ticket out of range")
        packed = UInt64(loop) << 56 | UInt64(connection) << 32 | UInt64(generation)
    }

    public var loop: Int { Int(packed >> 56) }
    public var connection: Int { Int(packed >> 32 & 0xFF_FFFF) }
    public var generation: UInt32 { UInt32(truncatingIfNeeded: packed) }
}

/// What the engine did with a command: answered it, or promised to.
public enum Execution: Sendable, Equatable {
    /// The reply is filled in.
    case completed
    /// The ticket will be delivered to ``CompletionSink`` when it is worth asking again.
    case pending
}

/// Where tickets go when what they waited for has happened. Called from any thread, also with a shard's lock held:
/// it must only enqueue.
public protocol CompletionSink: Sendable {
    func deliver(_ ticket: Ticket)
}

/// The seam between the HTTP surface and whatever holds the data.
public protocol Engine: AnyObject, Sendable {
    /// Runs one command. `ticket` names the connection should the answer be `pending`.
    ///
    /// The command is applied whole or not at all. Safe from any thread.
    func execute(
        _ command: borrowing Command, at now: Instant, ticket: Ticket, reply: inout Reply
    ) -> Execution

    /// Begins to bring near what an operation on `key` will read, while the caller does something else. Changes
    /// nothing.
    func prefetchIndex(for key: Span<UInt8>) -> KeyHint

    /// Goes on with it, some hundred nanoseconds later.
    func prefetchEntry(_ hint: KeyHint)

    /// Forgets a pending ticket: its request timed out or its connection is gone.
    func cancel(_ ticket: Ticket)

    /// Does a bounded slice of the background work (expiry, compaction) that belongs to `worker` of `workers`.
    /// To be called from each loop about every 10 ms with workers covering 0..<workers.
    func maintain(at now: Instant, worker: Int, of workers: Int)

    /// Counters and sizes, summed over all shards.
    func statistics() -> EngineStatistics
}

/// A key that will be asked for soon, as the engine knows it.
public struct KeyHint: Sendable {
    public var hash: UInt64

    public init(hash: UInt64) { self.hash = hash }
}

/// For engines that have nothing to bring near.
extension Engine {
    public func prefetchIndex(for key: Span<UInt8>) -> KeyHint { KeyHint(hash: 0) }
    public func prefetchEntry(_ hint: KeyHint) {}
}
