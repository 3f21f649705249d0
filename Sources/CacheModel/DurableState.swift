/// State that can be rebuilt from the log: what recovery writes into, and what a digest is compared with.
public protocol DurableState: AnyObject, Sendable {
    /// Applies a record of the log. Idempotent: a record changes only an entry older than it. From several threads at
    /// once records of different keys may come in any order, those of one key in rising order.
    func apply(_ effect: borrowing Effect, at position: Position)

    /// The sum, modulo 2^64, over all entries of a mix of the key's hash and the position of its last content change:
    /// equal for equal sets of entries, whatever way they came about, under the same hash secret. Lifetimes do not
    /// count. Costs a lock a shard; exact only while nothing writes.
    var digest: UInt64 { get }

    /// The position last given out or applied.
    var lastPosition: Position { get }

    /// Gives one slice of the state as `.put` effects at the entries' own positions, also of those whose end has passed
    /// while the log does not say yet that they are gone, and caller versions that versioned deletes left behind as the
    /// `.delete` effects they came from. Returns where to go on, nil at the end. Others may write meanwhile: an entry
    /// that is there throughout is given once, and the log behind the position at which the capture began makes up for
    /// the rest. Locks a small part of the state for less than 100 µs; `sink` must only copy.
    func capture(from cursor: CaptureCursor, into sink: (borrowing Effect, Position) -> Void) -> CaptureCursor?

    /// Says that this state begins with a snapshot, which does not tell why what is missing is: from here on no key
    /// counts as never having been there.
    func forgetDepartures()

    /// Says that about so many entries follow, so that room for them can be made at once: a hint, which may be wrong.
    func beginLoading(entries: Int)

    /// Says that those entries have been applied: room that was made for too many is given back.
    func endLoading()
}

extension DurableState {
    public func beginLoading(entries: Int) {}
    public func endLoading() {}
}
