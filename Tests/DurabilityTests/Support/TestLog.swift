import Bytes
import CacheModel
import Posix

@testable import Durability

/// A log written on one thread: batches of made-up changes, and after each the turns of the real log's two threads.
/// Deterministic: the same seed makes the same calls of the disk.
struct TestLog: ~Copyable {
    private let log: DurableLog
    private var writer: LogWriter
    private var workload: Workload
    private var random: SplitMix64
    private let time: SimulatedTime

    init(
        _ recovered: consuming Recovered, policy: FsyncPolicy, seed: UInt64, now: Int64, segmentBytes: Int = 10 << 10,
        digestInterval: UInt64 = 7
    ) {
        let (store, digest, end, state) = (recovered.store, recovered.digest, recovered.end, recovered.state)
        let next = Position(epoch: store.current.epoch, number: end.last.number + 1)
        random = SplitMix64(seed: seed)
        time = SimulatedTime(max(now, end.lastTime.milliseconds))
        log = DurableLog(policy: policy, segmentBytes: segmentBytes, digestInterval: digestInterval, time: time)
        writer = log.open(recovered.takeLog(), in: store, digest: digest, listener: NoListener())
        workload = Workload(state, log: log, next: next, seed: random.next())
    }

    /// Where the last record ends in its segment.
    var length: Int { writer.length }

    /// Writes one batch and syncs if the policy says so. Its records are told to `ledger` before, and acknowledged in
    /// it as far as the log lets them.
    mutating func writeBatch(_ ledger: inout Ledger) throws(Unwritten) {
        time.pass(milliseconds: Int64(random.next() % 200))
        for _ in 0..<random.next() % 4 + 1 { workload.change(&ledger, at: time.wall) }
        let next = writer.turn()
        writer.syncer.turn()
        let progress = writer.parts.progress
        guard next == .goOn, progress.state == .open else { throw Unwritten(outcome: "\(next), \(progress.state)") }
        ledger.acknowledge(through: progress.released, at: time.now)
    }
}

struct Unwritten: Error { var outcome: String }

/// Holds nothing back.
private final class NoListener: LogListener {
    func logMoved() {}
    func logFailed(_ error: String) {}
}
