/// Latencies in nanoseconds, counted in log-linear buckets like an HDR histogram.
///
/// Values below 128 have a bucket each; above that every power of two is cut into 128 equal
/// buckets, so a percentile is at most 0.8 % off. Recording is a shift and an increment.
struct Histogram {
    private static let bits = 7
    private static let perPower = 1 << bits
    private static let bucketCount = (64 - bits + 1) * perPower

    private let buckets: UnsafeMutablePointer<UInt64>
    private(set) var count: UInt64 = 0
    private(set) var max: UInt64 = 0
    private var sum: UInt64 = 0

    init() {
        buckets = .allocate(capacity: Histogram.bucketCount)
        buckets.initialize(repeating: 0, count: Histogram.bucketCount)
    }

    @inline(__always)
    mutating func record(_ value: UInt64) {
        buckets[Histogram.index(of: value)] &+= 1
        count &+= 1
        sum &+= value
        if value > max { max = value }
    }

    /// Records `value` and the values that a stall of that length kept from being measured, had
    /// one been taken every `interval`. Without it a single long pause counts as one sample.
    mutating func record(_ value: UInt64, expectedInterval interval: UInt64) {
        var missing = value
        record(value)
        while missing > 2 * interval {
            missing -= interval
            record(missing)
        }
    }

    mutating func add(_ other: Histogram) {
        for index in 0..<Histogram.bucketCount { buckets[index] &+= other.buckets[index] }
        count &+= other.count
        sum &+= other.sum
        max = Swift.max(max, other.max)
    }

    var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

    /// The value that `fraction` of all samples do not exceed.
    func percentile(_ fraction: Double) -> UInt64 {
        guard count > 0 else { return 0 }
        let wanted = UInt64((Double(count) * fraction).rounded(.up))
        var seen: UInt64 = 0
        for index in 0..<Histogram.bucketCount {
            seen += buckets[index]
            if seen >= wanted { return Swift.min(Histogram.highest(in: index), max) }
        }
        return max
    }

    @inline(__always)
    private static func index(of value: UInt64) -> Int {
        if value < UInt64(perPower) { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - bits
        return (shift + 1) * perPower + Int(value >> UInt64(shift)) - perPower
    }

    private static func highest(in index: Int) -> UInt64 {
        if index < perPower { return UInt64(index) }
        let shift = UInt64(index / perPower - 1)
        let start = UInt64(index % perPower + perPower)
        return ((start + 1) << shift) &- 1
    }
}
