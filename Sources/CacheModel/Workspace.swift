import Bytes

/// Buffers for the engine's own use while it runs a command, kept warm by the loop that owns the reply.
package struct Workspace: ~Copyable {
    /// Stored keys of the entries involved.
    package var keys = IOBuffer()
    /// New states.
    package var drafts = IOBuffer()
    /// Changes of states, in the form of ``Edits``.
    package var edits = IOBuffer()
    /// JSON texts on their way to a draft.
    package var texts = IOBuffer()
    /// The limits' policies, as they were when last looked at.
    package var policies: LimitTable?
    /// The one of them that was asked for last.
    package var policy: LimitPolicy?

    package init() {}

    /// Forgets states and changes; the keys stay.
    package mutating func removePlans() {
        if !drafts.isEmpty { drafts.removeAll(keeping: 1 << 16) }
        if !edits.isEmpty { edits.removeAll(keeping: 1 << 16) }
        if !texts.isEmpty { texts.removeAll(keeping: 1 << 16) }
    }
}
