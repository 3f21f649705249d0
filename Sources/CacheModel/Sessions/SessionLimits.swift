extension Limits {
    /// The data of a session as JSON text, in bytes.
    public static let sessionDataBytes = 64 << 10
    /// What is known about a session beside its data, as JSON text, in bytes.
    public static let sessionMetaBytes = 4096
    /// Attributes a session can be found by: each costs 46 bytes a session.
    public static let sessionAttributes = 3
    public static let sessionAttributeNameBytes = 64
    public static let sessionAttributeValueBytes = 255
    /// Sessions of one user that a cap may allow.
    public static let sessionCap = 1000
    /// How long it is remembered at least that a session is no more, in milliseconds.
    public static let sessionEndKept: Int64 = 24 * 3600 * 1000
    /// The longest that a replaced id still reads, in milliseconds.
    public static let sessionGrace: Int64 = 5 * 60 * 1000
}
