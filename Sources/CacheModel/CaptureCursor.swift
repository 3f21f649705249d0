/// How far a capture of the whole state has come. Only the state that made it can go on from it; it stays good however
/// long nobody does, and whatever is written meanwhile.
public struct CaptureCursor: Sendable, Equatable {
    /// Which of the state's parts, each behind its own lock.
    public var part: Int
    /// Which table of the part, of a board which season, and where in it.
    public var table: Int
    public var place: UInt64

    public init(part: Int, table: Int, place: UInt64) {
        self.part = part
        self.table = table
        self.place = place
    }

    public static let start = CaptureCursor(part: 0, table: 0, place: 0)
}
