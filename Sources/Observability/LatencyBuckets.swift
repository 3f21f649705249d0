/// The bounds of a latency histogram: 1 µs and every doubling of it up to 8.4 s, then everything longer.
///
/// Doubling keeps the error of a quantile under a factor of two over seven orders of magnitude, and the bucket is found
/// by counting leading zeros.
public enum LatencyBuckets {
    public static let count = 25

    /// The bucket for a duration: the first whose bound is not below it.
    public static func index(nanoseconds: UInt64) -> Int {
        if nanoseconds <= 1000 { return 0 }
        let whole = (nanoseconds &- 1) / 1000
        return min(64 &- whole.leadingZeroBitCount, count - 1)
    }

    /// The bound of bucket `index` in microseconds; the last bucket has none.
    public static func microseconds(_ index: Int) -> UInt64 { 1 << UInt64(index) }
}
