import Bytes
import CacheEngine
import CacheModel
import Durability
import Posix

/// Writes a snapshot of many keys and loads it: `EngineBench snapshot DIRECTORY [KEYS [LEVEL]]`.
enum SnapshotBench {
    static func run(_ arguments: [String]) throws {
        let keys = arguments.count > 1 ? Int(arguments[1]) ?? 10_000_000 : 10_000_000
        let level = arguments.count > 2 ? Int(arguments[2]) ?? 1 : 1
        let disk = try PosixDisk(path: arguments[0], creating: true)
        let log = SilentLog()
        let engine = fill(keys)
        let threads = Process.availableCores
        var summary: SnapshotSummary?
        let writing = try seconds {
            let file = try disk.create("snapshot")
            summary = try SnapshotWriter(
                file: file, state: engine, log: log.at(engine), of: log.manifest, progress: SnapshotProgress()
            ).write(wallTime: Instant(milliseconds: 0), threads: max(1, threads - 1), level: level)
        }
        report("write, level \(level)", keys, writing, summary?.length ?? 0)
        let loading = try seconds {
            _ = try SnapshotLoader(disk: disk, threads: threads).load("snapshot", into: empty())
        }
        report("load, \(threads) threads", keys, loading, summary?.length ?? 0)
        let rehearsing = try seconds {
            _ = try SnapshotLoader(disk: disk, threads: 1).rehearse("snapshot", in: DigestState(hashSecret: (1, 2)))
        }
        report("rehearse, 1 thread", keys, rehearsing, summary?.length ?? 0)
        try disk.remove("snapshot")
    }

    private static func report(_ name: String, _ keys: Int, _ seconds: Double, _ bytes: Int) {
        let rate = Int(Double(keys) / seconds / 1000)
        print("\(name): \(Int(seconds * 1000)) ms, \(rate) k keys/s, file \(bytes >> 20) MiB")
    }

    private static func seconds(_ body: () throws -> Void) throws -> Double {
        let start = Posix.Clock.monotonicNanoseconds()
        try body()
        return Double(Posix.Clock.monotonicNanoseconds() - start) / 1e9
    }

    private static func empty() -> EmbeddedEngine {
        EmbeddedEngine(
            configuration: EngineConfiguration(hashSecret: (1, 2), seed: 1), completions: NoCompletions())
    }

    /// Keys of 16 bytes, values of 64 that shrink by about a half.
    private static func fill(_ keys: Int) -> EmbeddedEngine {
        let engine = empty()
        var random = SplitMix64(seed: 1)
        var value = [UInt8](repeating: 0x61, count: 64)
        var reply = Reply()
        var key = KeyText()
        for number in 0..<keys {
            key.set(number)
            for index in 0..<24 { value[index] = UInt8(truncatingIfNeeded: random.next()) }
            let put = Put(
                key: key.bytes.span, value: value.span, fields: Span(), lifetime: .set(.unlimited), version: nil,
                precondition: Precondition(), wantsPrevious: false)
            _ = engine.execute(
                .put(put), at: Instant(milliseconds: 1), ticket: Ticket(packed: 0), reply: &reply)
        }
        return engine
    }
}

/// A log in which nothing happens.
private final class SilentLog: SnapshotLog {
    let manifest = Manifest(
        history: HistoryID(high: 1, low: 1), hashSecret: (1, 2), epoch: 1, start: Position(epoch: 1, number: 1))
    private let state: EmbeddedEngine?

    init(_ state: EmbeddedEngine? = nil) { self.state = state }

    func at(_ state: EmbeddedEngine) -> SilentLog { SilentLog(state) }
    var bytesWritten: UInt64 { 0 }
    func sync(through position: Position) throws(SnapshotFailure) {}

    func point(atLeast position: Position) throws(SnapshotFailure) -> LogPoint {
        LogPoint(position: position, logTime: Instant(milliseconds: 0), digest: state?.digest ?? 0)
    }

    func read(
        after start: Position, through end: Position, _ body: (borrowing Effect, Position, Int) -> Void
    ) throws(SnapshotFailure) {}
}
