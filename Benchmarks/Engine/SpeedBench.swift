import Bytes
import CacheModel

enum SpeedBench {
    static func run() {
        for keys in [10_000, 100_000, 1_000_000] {
            var bench = Bench()
            var key = KeyText()
            let value = [UInt8](repeating: 120, count: 64)
            let load = nanoseconds(keys) {
                for number in 0..<keys {
                    key.set(number)
                    bench.put(key.bytes.span, value.span)
                }
            }
            var random = SplitMix64(seed: 3)
            let count = 3_000_000
            let texts = nanoseconds(count) {
                for _ in 0..<count { key.set(Int(random.next() % UInt64(keys))) }
            }
            let reads = nanoseconds(count) {
                for _ in 0..<count {
                    key.set(Int(random.next() % UInt64(keys)))
                    precondition(bench.get(key.bytes.span))
                }
            }
            let misses = nanoseconds(count) {
                for _ in 0..<count {
                    key.set(keys + Int(random.next() % UInt64(keys)))
                    precondition(!bench.get(key.bytes.span))
                }
            }
            let writes = nanoseconds(count) {
                for _ in 0..<count {
                    key.set(Int(random.next() % UInt64(keys)))
                    bench.put(key.bytes.span, value.span)
                }
            }
            let hot = nanoseconds(count) {
                key.set(1)
                for _ in 0..<count { precondition(bench.get(key.bytes.span)) }
            }
            print(
                "\(keys) keys: insert \(Int(load)) ns, get \(Int(reads - texts)), miss \(Int(misses - texts)), "
                    + "overwrite \(Int(writes - texts)), one hot key \(Int(hot)) (a key: \(Int(texts)) ns, left out)")
        }
    }
}
