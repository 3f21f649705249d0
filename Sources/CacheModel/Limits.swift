/// Every maximum of the data model, with its reason. Those of HTTP stand in `HTTP1/HTTPLimits.swift`.
public struct Limits: Sendable {
    /// A key, in bytes. A fully escaped one takes three times that and still fits the request line.
    public static let keyBytes = 4096
    /// What a kind may call a state, in bytes: two names, as of a leaderboard and a member, and what tells its parts.
    public static let stateNameBytes = 16 << 10
    /// A value, in bytes: large enough for a page or a picture, small enough that one copy takes about a millisecond.
    public var valueBytes = 8 << 20
    /// Stored fields of one entry, in bytes: a head is at most 16 KiB of fields.
    public static let fieldsBytes = 16 << 10
    /// Operations in an atomic group: as many shards may be locked at once.
    public static let groupOperations = 128
    /// Values that the gets of an atomic group return together, in bytes: they are copied while its shards are locked.
    public static let groupReadBytes = 16 << 20
    /// Rows of a page.
    public static let pageRows = 1000
    /// Entity tags in one precondition.
    public static let entityTags = 64
    /// Windows of one counter: each is written by every add.
    public static let counterWindows = 8
    /// Buckets of one window: at 8 bytes each a ring is 80 KB at most.
    public static let counterBuckets = 10_000
    /// An item that is counted by itself, in bytes: a thousand of them are kept for each bucket.
    public static let counterItemBytes = 255
    /// A lifetime, in milliseconds: ten years.
    public static let lifetime: Int64 = 10 * 365 * 24 * 3600 * 1000
    /// How long a versioned delete leaves its version behind, in milliseconds.
    public static let deletedVersionKept: Int64 = 3600 * 1000
    /// The longest wait of a request, in milliseconds.
    public static let wait: Int64 = 30_000
    /// Watches one engine keeps at a time: each holds a parked connection.
    public static let watches = 65_536

    public init() {}
}
