import CacheModel

enum MemoryBench {
    static func run() {
        for length in [8, 64, 512] {
            let keys = 1_000_000
            let before = residentBytes()
            var bench = Bench()
            var key = KeyText()
            let value = [UInt8](repeating: 120, count: length)
            for number in 0..<keys {
                key.set(number)
                bench.put(key.bytes.span, value.span)
            }
            let statistics = bench.engine.statistics()
            let resident = residentBytes() - before
            let payload = Int(statistics.payload)
            print(
                "values of \(length): beyond key and value \((resident - payload) / keys) bytes by resident memory, "
                    + "\((Int(statistics.memoryUsed) - payload) / keys) by the account")
        }
    }
}

/// The slowest single write while a cache grows.
enum GrowthBench {
    static func run() {
        var bench = Bench()
        var key = KeyText()
        let value = [UInt8](repeating: 120, count: 64)
        var slowest: [UInt64] = []
        for number in 0..<10_000_000 {
            key.set(number)
            let start = threadTime()
            bench.put(key.bytes.span, value.span)
            let took = threadTime() - start
            if took > 100_000 { slowest.append(took / 1000) }
        }
        slowest.sort(by: >)
        print("10 M writes: \(slowest.count) above 100 µs of processor time; the slowest, in µs: \(slowest.prefix(8))")
    }
}
