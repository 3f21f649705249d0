/// What a run counted.
struct Tally {
    var gets = Histogram()
    var puts = Histogram()
    var hits = 0
    var misses = 0
    var stored = 0
    /// Answers that were neither a value, a miss nor a success, such as 507.
    var refused = 0
    /// Those of them that were asked again.
    var askedAgain = 0
    /// Values that were not those stored under the key (only with --verify).
    var mismatches = 0
    /// The first bytes of the first refused answer, to tell what was wrong.
    var firstRefusal: String?
    var nanoseconds: UInt64 = 0

    var requests: Int { Int(gets.count + puts.count) }
    var seconds: Double { Double(nanoseconds) / 1e9 }
    var perSecond: Double { seconds > 0 ? Double(requests) / seconds : 0 }
    var lookups: Int { hits + misses }
    var hitRatio: Double { lookups > 0 ? Double(hits) / Double(lookups) : 0 }

    var latency: Histogram {
        var all = Histogram()
        all.add(gets)
        all.add(puts)
        return all
    }
}

extension Tally {
    @inline(__always)
    mutating func count(_ answer: Answer, of request: Request, after nanoseconds: UInt64) {
        switch request.operation {
        case .get: gets.record(nanoseconds)
        case .put: puts.record(nanoseconds)
        }
        switch answer {
        case .hit: hits += 1
        case .miss: misses += 1
        case .stored: stored += 1
        case .refused: refused += 1
        }
    }
}
