import CacheEngine
import CacheModel

/// Cache-aside replay of a trace of 32-bit big-endian keys: the hit ratio at a memory limit. The key is its decimal
/// text, the value has `length` bytes (0: 40 to 600 by the key).
enum TraceBench {
    static func run(_ arguments: [String]) {
        guard arguments.count >= 3, let trace = readBytes(arguments[0]), let kilobytes = Int(arguments[1]),
            let policy = EvictionPolicy(name: arguments[2])
        else { return print("trace FILE KILOBYTES POLICY [VALUE BYTES]") }
        let length = arguments.count > 3 ? Int(arguments[3])! : 0
        var bench = Bench(maxMemory: kilobytes << 10, policy: policy)
        let value = [UInt8](repeating: 120, count: max(length, 600))
        var hits = 0
        let count = trace.count / 4
        for index in 0..<count {
            let number = trace[index * 4..<index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            let key = Array(String(number).utf8)
            if bench.get(key.span) {
                hits += 1
            } else {
                let bytes = length > 0 ? length : 40 + Int(number &* 2_654_435_761 >> 16) % 560
                bench.put(key.span, value.span.extracting(0..<bytes))
            }
        }
        let statistics = bench.engine.statistics()
        print(
            "\(policy.name) \(kilobytes) KiB: \(Double(hits) / Double(count) * 100) % "
                + "(\(statistics.entries) entries, \(statistics.memoryUsed >> 10) KiB)")
    }
}
