import Bytes

/// Which session is meant.
public enum SessionName: Sendable, Equatable {
    /// By its secret id.
    case secret(SessionDigest)
    /// By what everyone may know.
    case handle(SessionHandle)
}

/// In which form `text` of a ``SessionCommand`` says what becomes of a session.
public enum SessionPatchForm: Sendable, Equatable {
    /// RFC 7396.
    case merge
    /// RFC 6902.
    case operations
}

/// What is done with one session.
public enum SessionAction: Sendable, Equatable {
    /// Look it up. The reply's `fields` are its ``SessionRecord``, its value the data.
    case read(slides: Bool, wantsData: Bool)
    /// Change the document `{"data":{…},"meta":{…},"idle":"30m","index":{"tenant":"acme"}}` as `text` says; `idle` is
    /// a duration, absent where the session does not slide.
    case patch(SessionPatchForm)
    /// `text` is the data from here on.
    case putData
    /// Slide its idle lifetime.
    case touch
    /// End it. An end by secret id says `destroyed`, any other `revoked`.
    case destroy
}

/// One session that should be there.
///
/// Outcomes: `hit` (read, touch), `replaced` (patch, putData), `deleted`, `preconditionFailed`, `memoryFull`; and
/// `sessionRefused`, of which `reply.session.refusal` tells more.
public struct SessionCommand: ~Escapable {
    public var name: SessionName
    public var action: SessionAction
    /// A patch, or new data: at most the surface's bound for a body; empty for other actions.
    public var text: Span<UInt8>
    public var precondition: Precondition

    @_lifetime(copy text, copy precondition)
    public init(
        name: SessionName, action: SessionAction, text: Span<UInt8>, precondition: consuming Precondition
    ) {
        self.name = name
        self.action = action
        self.text = text
        self.precondition = precondition
    }
}

/// How many sessions a user may have, and what happens to the one more.
public struct SessionCap: Sendable, Equatable {
    public enum Policy: Sendable, Equatable {
        /// Those created first are ended.
        case oldest
        /// The new one is refused.
        case reject
    }

    /// 1 to ``Limits/sessionCap``.
    public var most: Int
    public var policy: Policy

    public init(most: Int, policy: Policy) {
        self.most = most
        self.policy = policy
    }
}

/// A new session. Slices lie in `bytes`.
///
/// Outcomes: `created`, `memoryFull`, `sessionRefused`.
public struct SessionCreation: ~Escapable {
    public var digest: SessionDigest
    public var handle: SessionHandle
    /// Empty for none; at most ``Limits/keyBytes``.
    public var user: Span<UInt8>
    /// JSON text of an object, at most ``Limits/sessionDataBytes``.
    public var data: Span<UInt8>
    /// JSON text of an object, at most ``Limits/sessionMetaBytes``.
    public var meta: Span<UInt8>
    public var attributes: [SessionAttribute]
    public var bytes: Span<UInt8>
    /// Milliseconds, 0 for none.
    public var idle: Int64
    /// The absolute end.
    public var expiresAt: Instant
    public var cap: SessionCap?

    @_lifetime(copy user, copy data, copy meta, copy bytes)
    public init(
        digest: SessionDigest, handle: SessionHandle, user: Span<UInt8>, data: Span<UInt8>, meta: Span<UInt8>,
        attributes: [SessionAttribute] = [], bytes: Span<UInt8>, idle: Int64 = 0, expiresAt: Instant,
        cap: SessionCap? = nil
    ) {
        self.digest = digest
        self.handle = handle
        self.user = user
        self.data = data
        self.meta = meta
        self.attributes = attributes
        self.bytes = bytes
        self.idle = idle
        self.expiresAt = expiresAt
        self.cap = cap
    }
}

/// Gives a session another id; everything else moves, in one step.
///
/// Outcomes: `created` (the reply is as that of a read), `preconditionFailed`, `memoryFull`, `sessionRefused`.
public struct SessionRotation: ~Escapable {
    public var digest: SessionDigest
    public var next: SessionDigest
    /// Milliseconds for which the old id still reads, 0 to ``Limits/sessionGrace``.
    public var grace: Int64
    /// Nil keeps the user, empty takes it away.
    public let user: Span<UInt8>?
    /// A merge patch for the data; nil for none.
    public let data: Span<UInt8>?
    /// Judged among the sessions of the new user.
    public var cap: SessionCap?
    public var precondition: Precondition

    @_lifetime(copy user, copy data, copy precondition)
    public init(
        digest: SessionDigest, next: SessionDigest, grace: Int64 = 0, user: Span<UInt8>?, data: Span<UInt8>?,
        cap: SessionCap? = nil, precondition: consuming Precondition
    ) {
        self.digest = digest
        self.next = next
        self.grace = grace
        self.user = user
        self.data = data
        self.cap = cap
        self.precondition = precondition
    }
}

/// Which sessions are listed.
public enum SessionSelection: Sendable, Equatable {
    /// All, in no order: `reply.nextCursor` and `reply.session.next` are where the next page goes on, the latter nil
    /// but where sessions of one place did not all fit the page; then those with a handle behind it are left.
    case all(cursor: UInt64?, after: SessionHandle? = nil)
    /// Those of the user `SessionList.value`, by handle, behind `after`.
    case user(after: SessionHandle?)
    /// Those whose attribute `SessionList.name` is `SessionList.value`, by handle, behind `after`.
    case attribute(after: SessionHandle?)
}

/// One page of live sessions: outcome `page`, rows whose `fields` are a live ``SessionRecord`` and, where wanted, whose
/// `value` is the data. `reply.session.next` is where a page by handle goes on, nil at the end.
public struct SessionList: ~Escapable {
    public var selection: SessionSelection
    public var name: Span<UInt8>
    public var value: Span<UInt8>
    /// Rows, 1 to ``Limits/pageRows``.
    public var limit: Int
    public var wantsData: Bool

    @_lifetime(copy name, copy value)
    public init(
        selection: SessionSelection, name: Span<UInt8>, value: Span<UInt8>, limit: Int, wantsData: Bool
    ) {
        self.selection = selection
        self.name = name
        self.value = value
        self.limit = limit
        self.wantsData = wantsData
    }
}

/// Ends all sessions of a user but one. Outcome `deleted`, `reply.session.revoked` says how many. Sessions of the user
/// that are begun meanwhile come before or after it as a whole.
public struct SessionRevocation: ~Escapable {
    public var user: Span<UInt8>
    /// The session that stays; `secret` of one that is not live is refused and ends none.
    public var except: SessionName?

    @_lifetime(copy user)
    public init(user: Span<UInt8>, except: SessionName?) {
        self.user = user
        self.except = except
    }
}
