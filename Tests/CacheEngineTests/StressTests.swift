import Bytes
import CacheEngine
import CacheModel
import Synchronization
import Testing

@Suite("Many threads")
struct StressTests {
    @Test("threads that read, write, group, list and maintain leave everything in agreement", arguments: [0, 3 << 20])
    func stress(_ maxMemory: Int) async {
        let recorder = Recorder()
        let cache = Cache(shards: 4, maxMemory: maxMemory, orderedKeys: true, seed: 5, reader: recorder)
        let engine = cache.engine
        await withTaskGroup(of: Void.self) { tasks in
            for worker in 0..<4 {
                tasks.addTask { StressWorker(worker, engine, start: 1_800_000_000_000).run(steps: 4000) }
            }
        }
        engine.checkInvariants()
        let records = recorder.all
        let numbers = Set(records.map(\.position.number))
        #expect(numbers.count == records.count)
        #expect(numbers.max().map { Int($0) } == records.count)
    }
}

/// One thread's share, on a cache of its own making around the shared engine.
struct StressWorker {
    let number: Int
    let engine: EmbeddedEngine
    let start: Int64

    init(_ number: Int, _ engine: EmbeddedEngine, start: Int64) {
        self.number = number
        self.engine = engine
        self.start = start
    }

    func run(steps: Int) {
        var random = SplitMix64(seed: UInt64(number))
        var reply = Reply()
        let value = [UInt8](repeating: UInt8(number), count: 3000)
        let none: [UInt8] = []
        for step in 0..<steps {
            let now = Instant(milliseconds: start + Int64(step))
            let ticket = Ticket(loop: number, connection: 0, generation: UInt32(step))
            let key = Array("key:\(random.next() % 500)".utf8)
            let length = Int(random.next() % (step % 10 == 0 ? 3000 : 300))
            switch random.next() % 10 {
            case 0..<4: _ = engine.execute(.read(Read(key: key.span)), at: now, ticket: ticket, reply: &reply)
            case 4..<7:
                let lifetime = Lifetime(expiresAt: now.advanced(byMilliseconds: Int64(random.next() % 2000)))
                let put = Put(
                    key: key.span, value: value.span.extracting(0..<length), fields: none.span,
                    lifetime: .set(step % 2 == 0 ? lifetime : .unlimited), version: nil, precondition: Precondition(),
                    wantsPrevious: false)
                _ = engine.execute(.put(put), at: now, ticket: ticket, reply: &reply)
            case 7:
                let delete = Delete(key: key.span, version: nil, precondition: Precondition(), wantsPrevious: false)
                _ = engine.execute(.delete(delete), at: now, ticket: ticket, reply: &reply)
            case 8:
                let known = [Position.none]
                let watch = Watch(key: key.span, known: step % 2 == 0 ? .any : .oneOf(known.span))
                if engine.execute(.watch(watch), at: now, ticket: ticket, reply: &reply) == .pending {
                    if step % 3 == 0 { engine.cancel(ticket) }
                }
            default: runLarger(step, key, now, ticket, &reply)
            }
        }
    }

    private func runLarger(_ step: Int, _ key: [UInt8], _ now: Instant, _ ticket: Ticket, _ reply: inout Reply) {
        let none: [UInt8] = []
        if step % 5 == 0 {
            let list = List(
                prefix: none.span, ordered: step % 2 == 0, start: none.span, end: none.span, delimiter: none.span,
                tableCursor: nil, after: none.span, limit: 50)
            _ = engine.execute(.list(list), at: now, ticket: ticket, reply: &reply)
        } else if step % 5 == 1 {
            engine.maintain(at: now, worker: number % 2, of: 2)
        } else {
            var group = GroupTests.Builder()
            group.put(String(decoding: key, as: UTF8.self), "grouped")
            group.put("other:\(step % 50)", "grouped")
            group.add(.delete, "other:\(step % 50 + 100)")
            _ = engine.execute(
                .group(Group(operations: group.operations.span, bytes: group.bytes.span)), at: now, ticket: ticket,
                reply: &reply)
        }
    }
}
