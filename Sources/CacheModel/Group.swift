import Bytes

/// One operation of an atomic group. Slices lie in the group's `bytes`.
public struct GroupOperation: Sendable {
    public enum Verb: Sendable {
        case get
        case put(value: ByteSlice, fields: ByteSlice, lifetime: LifetimeChange)
        case delete
        case touch(Lifetime)
        case append(bytes: ByteSlice, maximumLength: Int)
    }

    /// Nil: the condition was not given. `.none` in `oneOf` style: a position that names no entry never matches.
    public enum Condition: Sendable, Equatable {
        case absent
        case any
        case position(Position)
        /// A tag that is well formed but can name no entry.
        case unknownTag
    }

    public var verb: Verb
    public var key: ByteSlice
    public var ifMatch: Condition
    public var ifNoneMatch: Condition
    public var version: CallerVersion?

    public init(verb: Verb, key: ByteSlice, ifMatch: Condition, ifNoneMatch: Condition, version: CallerVersion?) {
        self.verb = verb
        self.key = key
        self.ifMatch = ifMatch
        self.ifNoneMatch = ifNoneMatch
        self.version = version
    }
}

/// Operations on several keys that happen together or not at all. Each key may be named once.
///
/// The reply is `groupDone` with one row an operation, or `groupFailed` with rows whose outcome says which operations
/// failed; then nothing was changed. A delete or touch of a missing key, like a get of one, is a plain `miss` row and
/// fails nothing; failed preconditions, stale versions, bounds and full memory fail the group.
public struct Group: ~Escapable {
    public var operations: Span<GroupOperation>
    public var bytes: Span<UInt8>

    @_lifetime(copy operations, copy bytes)
    public init(operations: Span<GroupOperation>, bytes: Span<UInt8>) {
        self.operations = operations
        self.bytes = bytes
    }
}
