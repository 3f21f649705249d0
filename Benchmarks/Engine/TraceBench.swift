import CacheEngine
import CacheModel
import Glibc

/// Cache-aside replay of a trace of 32-bit big-endian keys: the hit ratio at a memory limit, without a network between.
/// Keys and sizes of values are those of `nuthatch-replay`, so its runs against other servers compare.
enum TraceBench {
    static func run(_ arguments: [String]) {
        guard arguments.count >= 3, let packed = readBytes(arguments[0]), let kilobytes = Int(arguments[1]) else {
            return print("trace FILE KILOBYTES POLICY …")
        }
        var trace: [UInt32] = []
        for index in stride(from: 0, to: packed.count - 3, by: 4) {
            trace.append(packed[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) })
        }
        for name in arguments[2...] {
            guard let policy = EvictionPolicy(name: name) else {
                print("no policy \(name)")
                continue
            }
            replay(trace, kilobytes << 10, policy)
        }
    }

    private static func replay(_ trace: [UInt32], _ limit: Int, _ policy: EvictionPolicy) {
        var bench = Bench(maxMemory: limit, policy: policy)
        let value = [UInt8](repeating: 120, count: 65_536)
        var key = Array("key:0000000000".utf8)
        var hits = 0
        let time = nanoseconds(trace.count) {
            for number in trace {
                var rest = number
                for index in stride(from: 13, through: 4, by: -1) {
                    key[index] = UInt8(48 + rest % 10)
                    rest /= 10
                }
                if bench.get(key.span) {
                    hits += 1
                } else {
                    bench.put(key.span, value.span.extracting(0..<size(of: number)))
                }
            }
        }
        let statistics = bench.engine.statistics()
        let ratio = Int((Double(hits) / Double(trace.count) * 10_000).rounded())
        print(
            "\(policy.name) at \(limit >> 10) KiB: \(ratio / 100).\(ratio % 100 / 10)\(ratio % 10) % "
                + "(\(statistics.entries) entries, \(statistics.memoryUsed >> 10) KiB used, "
                + "payload \(statistics.payload >> 10) KiB, \(Int(time)) ns a request)")
    }

    /// Log-normal, sigma 1, mean 300.
    private static func size(of key: UInt32) -> Int {
        let hash = mix(UInt64(key) &+ 0x9E37_79B9_7F4A_7C15)
        let normal = sqrt(-2 * log(unit(hash))) * cos(2 * Double.pi * unit(mix(hash)))
        return min(max(Int(exp(log(300) - 0.5 + normal)), 16), 65_536)
    }

    private static func mix(_ value: UInt64) -> UInt64 {
        var z = value
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    private static func unit(_ bits: UInt64) -> Double { Double((bits >> 11) + 1) / 9_007_199_254_740_992 }
}
