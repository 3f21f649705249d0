import CacheModel

/// Who waits, over all shards: finds the watched key of a ticket that is cancelled, and bounds how many there are.
///
/// Locked inside a shard's lock, never the other way round.
struct WatchRegistry: ~Copyable {
    private let hashes = Guarded<[Ticket: UInt64]>([:])
    private let completions: any CompletionSink

    init(completions: any CompletionSink) { self.completions = completions }

    /// False when there are as many watches as may be.
    func add(_ ticket: Ticket, hash: UInt64) -> Bool {
        hashes.withLock { hashes in
            guard hashes.count < Limits.watches else { return false }
            hashes[ticket] = hash
            return true
        }
    }

    /// The hash of the key the ticket waited for; nil when it waits no more.
    func remove(_ ticket: Ticket) -> UInt64? { hashes.withLock { $0.removeValue(forKey: ticket) } }

    func deliver(_ ticket: Ticket) {
        if remove(ticket) != nil { completions.deliver(ticket) }
    }

    var count: Int { hashes.withLock { $0.count } }
}
