import Bytes

/// The entity tags of one `If-Match` or `If-None-Match`, as positions. Tags that can name no entry of ours are left out
/// by the caller: they match nothing.
public enum TagCondition: ~Escapable {
    /// The field was not sent.
    case absent
    /// `*`
    case any
    case oneOf(Span<Position>)
}

/// What must hold for a write to be applied (RFC 9110 §13), judged in the same step as the write.
///
/// Order (§13.2.2): `ifMatch`, else `ifUnmodifiedSince`; then `ifNoneMatch`.
public struct Precondition: ~Escapable {
    public var ifMatch: TagCondition
    public var ifNoneMatch: TagCondition
    /// Whole seconds since 1970; nil when not sent. Ignored beside `ifMatch`.
    public var ifUnmodifiedSince: Int64?

    @_lifetime(copy ifMatch, copy ifNoneMatch)
    public init(ifMatch: consuming TagCondition, ifNoneMatch: consuming TagCondition, ifUnmodifiedSince: Int64?) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.ifUnmodifiedSince = ifUnmodifiedSince
    }

    /// Nothing is asked.
    @_lifetime(immortal)
    public init() {
        ifMatch = .absent
        ifNoneMatch = .absent
        ifUnmodifiedSince = nil
    }
}

/// A caller's own version of an entry (`Nuthatch-Version`).
public struct CallerVersion: Sendable, Equatable {
    public var value: UInt64
    /// Apply the write only when `value` is greater than the stored version (`Nuthatch-If-Version: newer`).
    public var onlyIfNewer: Bool

    public init(value: UInt64, onlyIfNewer: Bool) {
        self.value = value
        self.onlyIfNewer = onlyIfNewer
    }
}
