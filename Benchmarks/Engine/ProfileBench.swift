import Bytes
import CacheModel

/// One operation over and over, for a profiler: `EngineBench profile get|put`.
enum ProfileBench {
    static func run(_ arguments: [String]) {
        let keys = 10_000
        let count = 20_000_000
        var bench = Bench()
        var key = KeyText()
        let value = [UInt8](repeating: 120, count: 64)
        for number in 0..<keys {
            key.set(number)
            bench.put(key.bytes.span, value.span)
        }
        var random = SplitMix64(seed: 3)
        let isPut = arguments.first == "put"
        let time = nanoseconds(count) {
            for _ in 0..<count {
                key.set(Int(random.next() % UInt64(keys)))
                if isPut { bench.put(key.bytes.span, value.span) } else { precondition(bench.get(key.bytes.span)) }
            }
        }
        print("\(Int(time)) ns")
    }
}
