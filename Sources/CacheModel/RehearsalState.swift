/// What a snapshot or a log is rehearsed in: it computes the digest the state would have, without holding the state.
public protocol RehearsalState: DurableState {
    /// From here on only expected keys are remembered; each of the others may be given once, as a `.put`. Without it
    /// all are remembered.
    func rememberOnlyExpected()

    /// Says that a later ``DurableState/apply(_:at:)`` will be about this effect's key.
    func expect(_ effect: borrowing Effect)
}
