/// What a snapshot or a log is rehearsed in: it computes the digest the state would have, without holding the state.
package protocol RehearsalState: DurableState {
    /// Says that a later ``DurableState/apply(_:at:)`` will be about this effect's key. From the first expectation on
    /// only expected keys are remembered; each of the others may then be given once, as a `.put`.
    func expect(_ effect: borrowing Effect)
}
