/// One to three exact scores, a column each.
public struct BoardScores: Sendable, Equatable {
    public let count: Int
    private var first: Int64 = 0
    private var second: Int64 = 0
    private var third: Int64 = 0

    public static let most = 3

    /// Zeros.
    public init(count: Int) {
        precondition(count >= 1 && count <= Self.most, "one to three columns")
        self.count = count
    }

    /// One column.
    public init(_ score: Int64) {
        count = 1
        first = score
    }

    @inline(__always)
    public subscript(column: Int) -> Int64 {
        get {
            switch column {
            case 0: first
            case 1: second
            default: third
            }
        }
        set {
            switch column {
            case 0: first = newValue
            case 1: second = newValue
            default: third = newValue
            }
        }
    }
}
