import Glibc

/// Traces made up: independent requests whose popularity falls with rank to the power of -alpha.
enum Zipf {
    /// `zipf:KEYS:REQUESTS:ALPHA`
    static func trace(_ recipe: String, seed: UInt64) -> Trace {
        let parts = recipe.split(separator: ":")
        guard parts.count == 4, parts[0] == "zipf",
            let keys = Int(parts[1]), let requests = Int(parts[2]), let alpha = Double(parts[3]),
            keys > 0, keys <= 100_000_000, requests > 0, alpha >= 0, alpha <= 5
        else { fail("--synthetic \(recipe): want zipf:KEYS:REQUESTS:ALPHA, as in zipf:100000:1000000:0.9") }
        return trace(keys: keys, requests: requests, alpha: alpha, seed: seed)
    }

    private static func trace(keys: Int, requests: Int, alpha: Double, seed: UInt64) -> Trace {
        var sum = 0.0
        let upTo = (1...keys).map { rank in
            sum += pow(Double(rank), -alpha)
            return sum
        }
        var random = SplitMix(seed: seed)
        return Trace(keys: (0..<requests).map { _ in UInt32(rank(of: random.unit() * sum, in: upTo)) })
    }

    /// The first position whose cumulated weight reaches `weight`.
    private static func rank(of weight: Double, in upTo: [Double]) -> Int {
        var low = 0
        var high = upTo.count - 1
        while low < high {
            let middle = (low + high) / 2
            if upTo[middle] < weight { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
