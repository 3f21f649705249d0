import Bytes

/// Buffers for the engine's own use while it runs a command, kept warm by the loop that owns the reply.
public struct Workspace: ~Copyable {
    /// Stored keys of the entries involved.
    public var keys = IOBuffer()
    /// New states.
    public var drafts = IOBuffer()
    /// Changes of states, in the form of ``Edits``.
    public var edits = IOBuffer()
    /// JSON texts on their way to a draft.
    public var texts = IOBuffer()
    /// The limits' policies, as they were when last looked at.
    public var policies: LimitTable?
    /// The one of them that was asked for last.
    public var policy: LimitPolicy?

    public init() {}

    /// Forgets states and changes; the keys stay.
    public mutating func removePlans() {
        if !drafts.isEmpty { drafts.removeAll(keeping: 1 << 16) }
        if !edits.isEmpty { edits.removeAll(keeping: 1 << 16) }
        if !texts.isEmpty { texts.removeAll(keeping: 1 << 16) }
    }
}
