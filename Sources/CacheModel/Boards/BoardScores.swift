/// One to three exact scores, a column each.
package struct BoardScores: Sendable, Equatable {
    package let count: Int
    private var first: Int64 = 0
    private var second: Int64 = 0
    private var third: Int64 = 0

    package static let most = 3

    /// Zeros.
    package init(count: Int) {
        precondition(count >= 1 && count <= Self.most, "one to three columns")
        self.count = count
    }

    /// One column.
    package init(_ score: Int64) {
        count = 1
        first = score
    }

    @inline(__always)
    package subscript(column: Int) -> Int64 {
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
