import Bytes

/// One change as it happened: the outcome, never the question. A reader of the log rebuilds the same state from these
/// without a clock and without chance.
///
/// A key is what its kind knows it by; two kinds may know different entries by the same key.
public enum Effect: ~Escapable {
    /// The entry under `key` is now this.
    case put(
        key: Span<UInt8>, value: Span<UInt8>, fields: Span<UInt8>, state: EntryState, kind: Kind = .keys)
    /// `bytes` were added at one end of the value.
    case extend(key: Span<UInt8>, bytes: Span<UInt8>, end: ExtendEnd, modifiedAt: Instant, kind: Kind = .keys)
    /// The value was cut to its first `length` bytes.
    case truncate(key: Span<UInt8>, length: Int, modifiedAt: Instant, kind: Kind = .keys)
    /// Pieces of the value were overwritten, in the form of ``Edits``; its length stays.
    case patch(key: Span<UInt8>, edits: Span<UInt8>, modifiedAt: Instant, kind: Kind)
    /// The lifetime is now this; the entry's own position stays.
    case lifetime(key: Span<UInt8>, lifetime: Lifetime, freshUntil: Instant, kind: Kind = .keys)
    /// The entry is gone. A version stays behind for a versioned delete until `versionKeptUntil`.
    case delete(
        key: Span<UInt8>, reason: MissReason, at: Instant, version: UInt64?, versionKeptUntil: Instant,
        kind: Kind = .keys)
}

/// An entry's state beside key, value and fields.
public struct EntryState: Sendable, Equatable {
    public var modifiedAt: Instant
    public var lifetime: Lifetime
    /// When freshness ends as things stand (see ``EntryInfo/freshUntil``).
    public var freshUntil: Instant
    public var version: UInt64?

    public init(modifiedAt: Instant, lifetime: Lifetime, freshUntil: Instant, version: UInt64?) {
        self.modifiedAt = modifiedAt
        self.lifetime = lifetime
        self.freshUntil = freshUntil
        self.version = version
    }
}

/// Reads the one ordered log as it is written. Called with the entry's shard locked: it copies what it keeps and
/// returns; it must not call the engine. Positions of one key arrive in rising order; each number exactly once.
public protocol EffectReader: Sendable {
    /// - Parameters:
    ///   - remaining: how many further records belong to the same atomic group, 0 for the last or only one.
    ///   - digestChange: what the change adds to ``DurableState/digest``, modulo 2^64.
    func record(_ effect: borrowing Effect, at position: Position, remaining: Int, digestChange: UInt64)
}

extension Effect {
    /// The key it is about.
    public var key: Span<UInt8> {
        @_lifetime(copy self)
        get {
            switch self {
            case .put(let key, _, _, _, _): key
            case .extend(let key, _, _, _, _): key
            case .truncate(let key, _, _, _): key
            case .patch(let key, _, _, _): key
            case .lifetime(let key, _, _, _): key
            case .delete(let key, _, _, _, _, _): key
            }
        }
    }

    /// The kind of entry it is about.
    public var kind: Kind {
        switch self {
        case .put(_, _, _, _, let kind): kind
        case .extend(_, _, _, _, let kind): kind
        case .truncate(_, _, _, let kind): kind
        case .patch(_, _, _, let kind): kind
        case .lifetime(_, _, _, let kind): kind
        case .delete(_, _, _, _, _, let kind): kind
        }
    }
}
