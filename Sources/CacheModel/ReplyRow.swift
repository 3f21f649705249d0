import Bytes

/// A row of a page or of a group's answer. Slices lie in the reply's `bytes`.
package struct ReplyRow: Sendable {
    package var outcome: Outcome
    package var key: ByteSlice = .empty
    package var info = EntryInfo()
    package var fields: ByteSlice = .empty
    package var value: ByteSlice = .empty
    /// The row stands for all keys with this prefix (delimiter folding).
    package var isPrefix = false

    package init(outcome: Outcome) { self.outcome = outcome }
}
