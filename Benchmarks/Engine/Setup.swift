import Bytes
import CacheEngine
import CacheModel

struct NoCompletions: CompletionSink {
    func deliver(_ ticket: Ticket) {}
}

/// An engine with its clock standing still, and the calls the benchmarks make.
struct Bench: ~Copyable {
    let engine: any Engine
    let now = Instant(milliseconds: 1_800_000_000_000)
    private let ticket = Ticket(loop: 0, connection: 0, generation: 0)
    var reply = Reply()

    init(maxMemory: Int = 0, policy: EvictionPolicy = .default, ordered: Bool = false, shards: Int = 16) {
        engine = EmbeddedEngine(
            configuration: EngineConfiguration(
                shards: shards, maxMemory: maxMemory, policy: policy, orderedKeys: ordered, hashSecret: (1, 2),
                seed: 1),
            completions: NoCompletions())
    }

    mutating func get(_ key: Span<UInt8>) -> Bool {
        _ = engine.execute(.read(Read(key: key)), at: now, ticket: ticket, reply: &reply)
        return reply.outcome == .hit
    }

    mutating func put(_ key: Span<UInt8>, _ value: Span<UInt8>, ttl: Int64 = 0) {
        let lifetime = ttl > 0 ? Lifetime(expiresAt: now.advanced(byMilliseconds: ttl)) : .unlimited
        _ = engine.execute(
            .put(
                Put(
                    key: key, value: value, fields: Span(), lifetime: .set(lifetime), version: nil,
                    precondition: Precondition(), wantsPrevious: false)),
            at: now, ticket: ticket, reply: &reply)
    }

    mutating func delete(_ key: Span<UInt8>) {
        _ = engine.execute(
            .delete(Delete(key: key, version: nil, precondition: Precondition(), wantsPrevious: false)), at: now,
            ticket: ticket, reply: &reply)
    }
}

/// Keys of 16 bytes: `key:` and twelve digits.
struct KeyText {
    var bytes: [UInt8] = Array("key:000000000000".utf8)

    mutating func set(_ number: Int) {
        var rest = number
        for index in stride(from: 15, through: 4, by: -1) {
            bytes[index] = UInt8(48 + rest % 10)
            rest /= 10
        }
    }
}

/// Processor time of one of `count` operations.
func nanoseconds(_ count: Int, _ body: () -> Void) -> Double {
    let start = threadTime()
    body()
    return Double(threadTime() - start) / Double(count)
}

/// Resident memory in bytes, as the kernel counts it.
func residentBytes() -> Int {
    guard let text = readText("/proc/self/statm") else { return 0 }
    let fields = text.split(separator: " ")
    return (Int(fields[1]) ?? 0) * 4096
}
