import Bytes

/// The entity tags of one `If-Match` or `If-None-Match`, as positions. Tags that can name no entry of ours are left out
/// by the caller: they match nothing.
package enum TagCondition: ~Escapable {
    /// The field was not sent.
    case absent
    /// `*`
    case any
    case oneOf(Span<Position>)
}

/// What must hold for a write to be applied (RFC 9110 §13), judged in the same step as the write.
///
/// Order (§13.2.2): `ifMatch`, else `ifUnmodifiedSince`; then `ifNoneMatch`.
package struct Precondition: ~Escapable {
    package var ifMatch: TagCondition
    package var ifNoneMatch: TagCondition
    /// Whole seconds since 1970; nil when not sent. Ignored beside `ifMatch`.
    package var ifUnmodifiedSince: Int64?

    @_lifetime(copy ifMatch, copy ifNoneMatch)
    package init(ifMatch: consuming TagCondition, ifNoneMatch: consuming TagCondition, ifUnmodifiedSince: Int64?) {
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.ifUnmodifiedSince = ifUnmodifiedSince
    }

    /// Nothing is asked.
    @_lifetime(immortal)
    package init() {
        ifMatch = .absent
        ifNoneMatch = .absent
        ifUnmodifiedSince = nil
    }
}

/// A caller's own version of an entry (`Nuthatch-Version`).
package struct CallerVersion: Sendable, Equatable {
    package var value: UInt64
    /// Apply the write only when `value` is greater than the stored version (`Nuthatch-If-Version: newer`).
    package var onlyIfNewer: Bool

    package init(value: UInt64, onlyIfNewer: Bool) {
        self.value = value
        self.onlyIfNewer = onlyIfNewer
    }
}
