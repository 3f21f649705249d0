/// State that can be rebuilt from the log: what recovery writes into, and what a digest is compared with.
package protocol DurableState: AnyObject, Sendable {
    /// Applies a record of the log. Idempotent: a record changes only an entry older than it. From several threads at
    /// once records of different keys may come in any order, those of one key in rising order.
    func apply(_ effect: borrowing Effect, at position: Position)

    /// The sum, modulo 2^64, over all entries of a mix of the key's hash and the position of its last content change:
    /// equal for equal sets of entries, whatever way they came about, under the same hash secret. Lifetimes do not
    /// count. Costs a lock a shard; exact only while nothing writes.
    var digest: UInt64 { get }

    /// The position last given out or applied.
    var lastPosition: Position { get }
}
