/// The SplitMix64 generator and its finaliser as a hash: same seed, same run.
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    @inline(__always)
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return SplitMix.mix(state)
    }

    /// A number in 0..<bound, by multiplication; the bias is below bound / 2^64.
    @inline(__always)
    mutating func next(below bound: UInt64) -> UInt64 { next().multipliedFullWidth(by: bound).high }

    /// A number in (0, 1].
    mutating func unit() -> Double { SplitMix.unit(next()) }

    @inline(__always)
    static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    static func unit(_ bits: UInt64) -> Double { Double((bits >> 11) + 1) / 9_007_199_254_740_992 }
}
