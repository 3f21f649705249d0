import Bytes
import Foundation

/// An endless run of requests for keys, which are numbers, of which few are asked for often: the frequency of the key
/// of rank r is proportional to r^−skew (Zipf).
struct Requests {
    private var random: SplitMix64
    private let shares: [Double]
    let pattern: Pattern
    private var count = 0
    private var scan = 0

    enum Pattern {
        /// The same keys stay popular.
        case stationary
        /// Every so many requests the ranks move on by one key.
        case drifting(every: Int)
        /// Every third request is for a key nobody asked for in a long time, one after the other.
        case scanned
    }

    /// - Parameter keys: those with a rank; where the pattern is `scanned` there are as many again behind them.
    init(keys: Int, skew: Double, _ pattern: Pattern = .stationary, seed: UInt64) {
        random = SplitMix64(seed: seed)
        self.pattern = pattern
        var sum = 0.0
        shares = (1...keys).map { rank in
            sum += pow(Double(rank), -skew)
            return sum
        }
    }

    /// Every key is below this.
    var bound: Int { if case .scanned = pattern { shares.count * 2 } else { shares.count } }

    mutating func next() -> Int {
        count += 1
        switch pattern {
        case .stationary: return rank()
        case .drifting(let every): return (rank() + count / every) % shares.count
        case .scanned:
            guard count % 3 == 0 else { return rank() }
            scan += 1
            return shares.count + scan % shares.count
        }
    }

    private mutating func rank() -> Int {
        let wanted = Double(random.next() >> 11) / 0x1p53 * shares[shares.count - 1]
        var (low, high) = (0, shares.count - 1)
        while low < high {
            let middle = (low + high) / 2
            if shares[middle] > wanted { high = middle } else { low = middle + 1 }
        }
        return low
    }

    /// The length of a key's value: log-normal with sigma 1 and the mean given, as objects in caches are.
    static func valueBytes(of key: Int, mean: Double) -> Int {
        var random = SplitMix64(seed: UInt64(key) &* 0x9E37_79B9_7F4A_7C15)
        func unit() -> Double { Double((random.next() >> 11) + 1) / 0x1p53 }
        let normal = (-2 * log(unit())).squareRoot() * cos(2 * Double.pi * unit())
        return min(max(Int(exp(log(mean) - 0.5 + normal)), 16), 65_536)
    }
}
