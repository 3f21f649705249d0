import Bytes
import CacheEngine
import CacheModel

@testable import Durability

/// Drops tickets: these tests wait for nothing.
struct NoCompletions: CompletionSink {
    func deliver(_ ticket: Ticket) {}
}

/// An engine whose log is kept in memory, and what its tests do with it.
struct LoggedEngine {
    static let secret: (UInt64, UInt64) = (11, 13)
    let log = MemoryLog(hashSecret: secret)
    let engine: EmbeddedEngine

    init(shards: Int = 4, maxMemory: Int = 0) {
        engine = Self.engine(shards: shards, maxMemory: maxMemory, reader: log)
    }

    /// An engine that knows the same secret.
    static func engine(
        shards: Int = 8, maxMemory: Int = 0, reader: (any EffectReader)? = nil
    ) -> EmbeddedEngine {
        EmbeddedEngine(
            configuration: EngineConfiguration(
                shards: shards, maxMemory: maxMemory, hashSecret: secret, seed: 1, epoch: 1),
            completions: NoCompletions(), reader: reader)
    }

    /// Runs `steps` operations of every kind on `keys` keys.
    func write(_ random: inout SplitMix64, steps: Int, keys: Int = 1000) {
        var reply = Reply()
        for step in 0..<steps { write(random.next(), random.next(), step, keys, &reply) }
    }

    private func write(_ chance: UInt64, _ size: UInt64, _ step: Int, _ keys: Int, _ reply: inout Reply) {
        let now = Instant(milliseconds: 1_800_000_000_000 + Int64(step))
        let key = Array("key:\(Int(chance >> 8) % keys)".utf8)
        let none: [UInt8] = []
        let value = [UInt8](repeating: UInt8(truncatingIfNeeded: size), count: Int(size % 3000))
        let ticket = Ticket(packed: 0)
        switch chance % 8 {
        case 0..<4:
            let end = now.advanced(byMilliseconds: Int64(size % 5000))
            let put = Put(
                key: key.span, value: value.span, fields: none.span,
                lifetime: .set(size % 3 == 0 ? Lifetime(expiresAt: end) : .unlimited),
                version: size % 5 == 0 ? CallerVersion(value: UInt64(step), onlyIfNewer: false) : nil,
                precondition: Precondition(), wantsPrevious: false)
            _ = engine.execute(.put(put), at: now, ticket: ticket, reply: &reply)
        case 4:
            let version = size % 2 == 0 ? CallerVersion(value: UInt64(step), onlyIfNewer: false) : nil
            let delete = Delete(key: key.span, version: version, precondition: Precondition(), wantsPrevious: false)
            _ = engine.execute(.delete(delete), at: now, ticket: ticket, reply: &reply)
        case 5:
            let extend = Extend(
                key: key.span, bytes: value.span.extracting(0..<min(9, value.count)), end: .back, maximumLength: .max,
                fields: none.span, precondition: Precondition())
            _ = engine.execute(.extend(extend), at: now, ticket: ticket, reply: &reply)
        case 6:
            let touch = Touch(
                key: key.span, change: .lifetime(Lifetime(expiresAt: now.advanced(byMilliseconds: 4000))),
                precondition: Precondition(), wantsValue: false)
            _ = engine.execute(.touch(touch), at: now, ticket: ticket, reply: &reply)
        default: engine.maintain(at: now, worker: 0, of: 1)
        }
    }
}

extension DurableState {
    /// All that a state at rest holds, as bytes in an order of their own.
    var contents: [[UInt8]] {
        var found: [[UInt8]] = []
        var cursor: CaptureCursor? = .start
        while let from = cursor {
            cursor = capture(from: from) { effect, position in
                var bytes = IOBuffer()
                SnapshotRecord.append(effect, at: position, remaining: 0, to: &bytes)
                found.append(bytes.readable.copied())
            }
        }
        return found.sorted { $0.lexicographicallyPrecedes($1) }
    }
}
