/// What sort of thing an entry is. Each kind is a name space of its own: a key and a counter of one name are unrelated.
///
/// The number is written into logs and snapshots: it is never given to anything else.
public struct Kind: Sendable, Hashable {
    public let number: UInt8

    public init(number: UInt8) { self.number = number }

    /// Nil for a number that this version does not know.
    public init?(known number: UInt8) {
        guard number < Self.count else { return nil }
        self.number = number
    }

    public static let keys = Kind(number: 0)
    public static let sessions = Kind(number: 1)
    public static let counters = Kind(number: 2)
    public static let limits = Kind(number: 3)
    public static let boards = Kind(number: 4)
    public static let topics = Kind(number: 5)

    /// One more than the highest number in use.
    public static let count = 6
}
