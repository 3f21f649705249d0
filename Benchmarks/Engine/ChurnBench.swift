import Bytes
import CacheEngine
import CacheModel

/// Memory that stays full: each policy's cost of a write that must evict, and its slowest.
enum ChurnBench {
    static func run() {
        for name in EvictionPolicy.allNames where name != "none" && !name.hasPrefix("volatile") {
            var bench = Bench(maxMemory: 64 << 20, policy: EvictionPolicy(name: name)!)
            var key = KeyText()
            var random = SplitMix64(seed: 3)
            let value = [UInt8](repeating: 120, count: 600)
            let count = 2_000_000
            var slowest: UInt64 = 0
            let time = nanoseconds(count) {
                for number in 0..<count {
                    key.set(number % 7 == 0 ? Int(random.next() % 50_000) : number)
                    let start = threadTime()
                    bench.put(key.bytes.span, value.span.extracting(0..<Int(random.next() % 500 + 40)))
                    slowest = max(slowest, threadTime() - start)
                }
            }
            let statistics = bench.engine.statistics()
            print(
                "\(name): \(Int(time)) ns a write, slowest \(slowest / 1000) µs; \(statistics.memoryUsed >> 20) MiB used "
                    + "for \(statistics.payload >> 20) MiB, \(statistics.entries) entries")
        }
    }
}
