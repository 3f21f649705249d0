/// Where something stands in an order: up to four words, compared one after the other as unsigned numbers, the
/// smallest first. Columns come first, each turned so that a better score is a smaller word; then the tie.
struct RankKey: Equatable {
    private var first: UInt64 = 0
    private var second: UInt64 = 0
    private var third: UInt64 = 0
    private var fourth: UInt64 = 0

    static let most = 4

    @inline(always)
    subscript(index: Int) -> UInt64 {
        get {
            switch index {
            case 0: first
            case 1: second
            case 2: third
            default: fourth
            }
        }
        set {
            switch index {
            case 0: first = newValue
            case 1: second = newValue
            case 2: third = newValue
            default: fourth = newValue
            }
        }
    }
}

/// A place that is looked for in a ``RankTree``: before or behind all entries that begin with the same words.
struct RankProbe {
    var key: RankKey
    /// How many of the key's words are compared.
    var words: Int
    /// Decides between entries with equal words; without it such entries are equal to the probe.
    var name: RawBytes?
    /// Whether entries equal to the probe come before it.
    var isBehindEqual = false
}
