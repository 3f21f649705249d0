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
                "values of \(length): beyond key and value \((resident - payload) / keys) bytes a key by resident memory, "
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
        let clock = ContinuousClock()
        var slowest: [Duration] = []
        for number in 0..<10_000_000 {
            key.set(number)
            let start = clock.now
            bench.put(key.bytes.span, value.span)
            let took = clock.now - start
            if took > .microseconds(100) { slowest.append(took) }
        }
        slowest.sort(by: >)
        print("10 M writes: \(slowest.count) above 100 µs; slowest \(slowest.prefix(8))")
    }
}
