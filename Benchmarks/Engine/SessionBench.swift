import Bytes
import CacheEngine
import CacheModel

/// What a session of 200 bytes of data takes and costs, a million of them, and what an ended one does.
enum SessionBench {
    private static let count = 1_000_000

    static func run() {
        let before = residentBytes()
        var bench = Bench()
        let begun = nanoseconds(count) { for number in 0..<count { bench.begin(number) } }
        report("live", bench.engine.statistics(), residentBytes() - before)
        let operations = 500_000
        var random = SplitMix64(seed: 7)
        let reads = nanoseconds(operations) {
            for _ in 0..<operations { bench.session(Int(random.next() % UInt64(count)), read) }
        }
        let patch = Array("{\"data\":{\"theme\":\"dark\"}}".utf8)
        let patches = nanoseconds(operations) {
            for _ in 0..<operations { bench.session(Int(random.next() % UInt64(count)), .patch(.merge), patch.span) }
        }
        let ends = nanoseconds(count) { for number in 0..<count { bench.session(number, .destroy) } }
        report("ended", bench.engine.statistics(), residentBytes() - before)
        expire()
        print("begin \(Int(begun)) ns, read \(Int(reads)), patch \(Int(patches)), end \(Int(ends))")
    }

    /// All of a large number end at one time: what a slice of the sweep takes, and each end.
    private static func expire() {
        let sessions = 300_000
        var bench = Bench()
        for number in 0..<sessions { bench.begin(number) }
        let later = bench.now.advanced(byMilliseconds: 1_800_001)
        var (longest, sum, calls): (UInt64, UInt64, Int) = (0, 0, 0)
        while bench.engine.statistics().sessions > 0 {
            let start = threadTime()
            bench.engine.maintain(at: later, worker: 0, of: 1)
            let took = threadTime() - start
            (longest, sum, calls) = (max(longest, took), sum + took, calls + 1)
        }
        print(
            "expiry of \(sessions): \(sum / UInt64(sessions)) ns each in \(calls) slices, "
                + "the longest \(longest / 1000) µs")
    }

    private static var read: SessionAction { .read(slides: true, wantsData: true) }

    private static func report(_ what: StaticString, _ statistics: EngineStatistics, _ resident: Int) {
        print(
            "\(count) \(what) sessions (\(statistics.sessions) live): \(resident / count) bytes each by resident "
                + "memory, \(Int(statistics.memoryUsed) / count) by the account")
    }
}

extension Bench {
    /// 200 bytes of JSON.
    private static let data = Array(
        ("{\"cart\":[{\"sku\":\"" + String(repeating: "x", count: 60) + "\",\"n\":1}],\"theme\":\"light\",\"csrf\":\""
            + String(repeating: "y", count: 87) + "\"}").utf8)

    private static func digest(_ number: Int) -> SessionDigest {
        var random = SplitMix64(seed: UInt64(number) &* 0x9E37_79B9)
        return SessionDigest(words: [random.next(), random.next(), random.next(), random.next()])
    }

    mutating func begin(_ number: Int) {
        precondition(Self.data.count == 200, "data of \(Self.data.count) bytes")
        let user = Array("user-\(number)".utf8)
        var random = SplitMix64(seed: UInt64(number) &+ 1 << 40)
        let creation = SessionCreation(
            digest: Self.digest(number), handle: SessionHandle(first: random.next(), second: random.next()),
            user: user.span, data: Self.data.span, meta: Span<UInt8>(), bytes: Span<UInt8>(), idle: 1_800_000,
            expiresAt: now.advanced(byMilliseconds: 30 * 86_400_000))
        run(.sessionCreation(creation))
        precondition(reply.outcome == .created)
    }

    mutating func session(_ number: Int, _ action: SessionAction, _ text: Span<UInt8> = Span<UInt8>()) {
        let command = SessionCommand(
            name: .secret(Self.digest(number)), action: action, text: text, precondition: Precondition())
        run(.session(command))
        precondition(reply.outcome != .sessionRefused)
    }

    private mutating func run(_ command: borrowing Command) {
        _ = engine.execute(command, at: now, ticket: Ticket(packed: 0), reply: &reply)
    }
}
