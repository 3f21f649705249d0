import Bytes

/// A row of a page or of a group's answer. Slices lie in the reply's `bytes`.
public struct ReplyRow: Sendable {
    public var outcome: Outcome
    public var key: ByteSlice = .empty
    public var info = EntryInfo()
    public var fields: ByteSlice = .empty
    public var value: ByteSlice = .empty
    /// The row stands for all keys with this prefix (delimiter folding).
    public var isPrefix = false

    public init(outcome: Outcome) { self.outcome = outcome }
}
