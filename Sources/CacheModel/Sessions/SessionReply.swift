import Bytes

/// Why nothing was done.
public enum SessionRefusal: Sendable, Equatable {
    /// No such session is known: 404.
    case unknown
    /// It is no more: 410.
    case gone(SessionEnd, at: Instant)
    /// The id was replaced and is in its grace, in which it only reads: 409.
    case rotated
    /// A session has this id already, live or ended: a creation under a chosen id.
    case exists
    /// The user has as many sessions as the cap allows: 409.
    case cap(live: Int)
    case patch(SessionPatchFailure)
}

/// What is wrong with a patch, or with what a session would be after it.
public enum SessionPatchFailure: Sendable, Equatable {
    /// No JSON, or no patch, at this byte of the text: 400.
    case malformed(offset: Int)
    /// A patch operation could not be done: its index, and the pointer in the reply's `value`: 409.
    case operation(index: Int)
    /// It would take more steps than one patch may: 400.
    case tooManySteps
    /// A `test` operation did not hold: 409, as `operation`.
    case test(index: Int)
    /// Data, nested as deep as it is, would be too deep: 400.
    case tooDeep
    /// Another member than data, meta, idle or index would be there: 422, its name in the reply's `value`.
    case fixedMember
    /// `data` would be no object: 400.
    case dataNotObject
    /// `data` would be longer than ``Limits/sessionDataBytes``: 413.
    case dataTooLarge
    /// `meta` would be no object, or longer than ``Limits/sessionMetaBytes``: 400.
    case badMeta
    /// `idle` would be no duration: 400.
    case badIdle
    /// `index` would be no object of up to three short strings: 400.
    case badIndex
}

/// What a command about sessions has to say beside outcome, entry, fields and value.
public struct SessionReply: Sendable {
    public var refusal: SessionRefusal?
    /// The session's handle, also that of one that is no more.
    public var handle: SessionHandle?
    /// The session is under another id by now; the one asked with is in its grace.
    public var isRotated = false
    /// How many were ended, by a revocation or to keep a cap.
    public var revoked = 0
    /// Where a list by handle goes on.
    public var next: SessionHandle?

    /// The engine's own; means nothing to the caller.
    public var needsAnotherLook = false

    public init() {}

    public mutating func reset() { self = SessionReply() }

    /// To how many milliseconds `last_seen_at` is exact after a restart, for this idle time (0 for none): reads that
    /// slide a session less than that are not logged.
    public static func seenResolution(idle: Int64) -> Int64 { idle / 10 }
}
