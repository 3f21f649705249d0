/// State that several threads rebuild from a log at once, each the records of its own keys.
public protocol ReplayState: DurableState {
    /// Applies a record as ``DurableState/apply(_:at:)`` does.
    /// - Returns: by how much ``DurableState/digest`` changed, modulo 2^64; 0 for a row of a board, which may take
    ///   others with it. Those are told by ``boardDigest``.
    func replay(_ effect: borrowing Effect, at position: Position) -> UInt64

    /// The part of the digest that the rows of boards are. Costs a walk through all of them.
    var boardDigest: UInt64 { get }

    /// What an effect on `key` will need, for those who know some records ahead what they will apply; nil where nothing
    /// can be brought near. Hints of one key are equal, and those of different keys spread evenly over all numbers.
    func hint(for key: Span<UInt8>, of kind: Kind) -> KeyHint?

    /// Begins to bring near what ``replay(_:at:)`` will read. Changes nothing.
    func prefetchIndex(_ hint: KeyHint)

    /// Goes on with it, some hundred nanoseconds later.
    func prefetchEntry(_ hint: KeyHint)
}

extension ReplayState {
    public func hint(for key: Span<UInt8>, of kind: Kind) -> KeyHint? { nil }
    public func prefetchIndex(_ hint: KeyHint) {}
    public func prefetchEntry(_ hint: KeyHint) {}
}
