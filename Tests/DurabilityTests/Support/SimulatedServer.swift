import Bytes
import CacheModel
import Posix
import Synchronization

@testable import Durability

/// A running server without threads: the real log, whose two threads, clients and disk take turns at moments of a
/// simulated time that a seed chooses. A client's reply leaves when the log lets it go, and its changes are refused
/// when the log says so, as in the server.
///
/// An event is the next turn of whoever's time comes first:
/// - a client makes some changes and waits for nobody;
/// - the log thread writes what is queued, a moment after something is;
/// - the sync thread looks whether a sync is due when the log says it should, or a little late; a sync begins, the disk
///   takes what it holds then or a while later, and some time after it the thread tells of it. Batches are written in
///   between.
///
/// Any call of the disk may take long as well; everybody waits for it then.
struct SimulatedServer: ~Copyable {
    /// What the sync thread does, and when it goes on.
    private enum SyncThread {
        case asleep(until: Int64)
        case begun(LogSyncer.Sync, until: Int64, finish: Int64)
        case brought(LogSyncer.Sync, until: Int64)
    }

    private let log: DurableLog
    private var writer: LogWriter
    private let loops = SimulatedLoops()
    private var workload: Workload
    private let disk: SimulatedDisk
    private let time: SimulatedTime
    private var random: SplitMix64
    private let trace: Trace?
    private var nextChange: Int64
    /// When the log thread goes on; nil while it sleeps.
    private var nextWrite: Int64?
    private var syncThread: SyncThread
    /// How long after its time the sync thread runs.
    private var lateness: Int64 = 0
    /// When the last sync ended.
    private var lastSync: Int64 = 0

    init(
        _ recovered: consuming Recovered, policy: FsyncPolicy, on disk: SimulatedDisk, at time: SimulatedTime,
        seed: UInt64, trace: Trace?
    ) {
        let (store, digest, end, state) = (recovered.store, recovered.digest, recovered.end, recovered.state)
        let next = Position(epoch: store.current.epoch, number: end.last.number + 1)
        random = SplitMix64(seed: seed)
        self.disk = disk
        self.time = time
        self.trace = trace
        log = DurableLog(policy: policy, segmentBytes: 10 << 10, digestInterval: 7, time: time)
        writer = log.open(recovered.takeLog(), in: store, digest: digest, listener: loops)
        workload = Workload(state, log: log, next: next, seed: random.next())
        nextChange = time.now
        syncThread = .asleep(until: time.now + writer.syncer.pause)
    }

    private var progress: LogProgress { writer.parts.progress }

    /// Lets so many turns be taken, or fewer if the log fails. While the disk is stalled each may be the last: what is
    /// lost then is most likely to be too much.
    mutating func run(events: Int, _ ledger: inout Ledger) throws(BrokenPromise) {
        for _ in 0..<events where progress.state != .failed {
            wakeSyncThread()
            let (sync, write) = (nextSync, nextWrite ?? .max)
            let first = min(nextChange, write, sync)
            time.pass(milliseconds: max(0, first - time.now))
            if first == sync {
                runSyncThread()
            } else if first == write {
                runLogThread()
            } else {
                try checkPromptness()
                runClient(&ledger)
            }
            collect(&ledger)
            if progress.isStalled(at: time.now), random.next() % 8 == 0 { return }
        }
    }

    /// Replies leave when the log says that it moved, or at the end of a loop's turn.
    private func collect(_ ledger: inout Ledger) {
        guard loops.takeMove() else { return }
        ledger.acknowledge(through: progress.released, at: time.now)
        ledger.confirm(through: progress.synced)
    }

    // MARK: Clients

    private mutating func runClient(_ ledger: inout Ledger) {
        if isAdmitted {
            for _ in 0..<random.next() % 3 + 1 {
                workload.change(&ledger, at: time.wall, isLate: random.next() % 16 == 0)
            }
            if random.next() % 16 == 0 { log.requestSync(through: ledger.last) }
            if nextWrite == nil { nextWrite = time.now + lateStart() }
        }
        trace?.note(time, "client: \(isAdmitted ? "to" : "refused at") \(ledger.last.text)")
        loops.logMoved()
        nextChange = time.now + pauseOfClients()
        if random.next() % 64 == 0 { time.stepWall(milliseconds: Int64(random.next() % 7_200_000) - 3_600_000) }
        if random.next() % 128 == 0 { disk.refuseNext(pick(["write", "write", "create", "fallocate", "fdatasync"])) }
    }

    /// As the server's gate for changes: `Keeper.admission`.
    private var isAdmitted: Bool {
        progress.state == .open && !log.isOverfull && !progress.isStalled(at: time.now)
    }

    private mutating func pauseOfClients() -> Int64 {
        switch random.next() % 16 {
        case 0: Int64(random.next() % 1500)
        case 1..<8: Int64(random.next() % 120)
        default: Int64(random.next() % 8)
        }
    }

    // MARK: The log thread

    private mutating func runLogThread() {
        switch writer.turn(closingSegment: random.next() % 64 == 0) {
        case .goOn: nextWrite = time.now + lateStart()
        case .rest:
            writer.lookAtRoom()
            nextWrite = nil
        case .retry: nextWrite = time.now + DurableLog.retry
        case .end: nextWrite = .max
        }
        trace?.note(time, "log: \(progress.written.text) written, \(progress.released.text) released")
    }

    /// How long a thread takes to come to the processor.
    private mutating func lateStart() -> Int64 {
        random.next() % 32 == 0 ? Int64(random.next() % 100) : Int64(random.next() % 3)
    }

    // MARK: The sync thread

    /// When the sync thread goes on.
    private var nextSync: Int64 {
        switch syncThread {
        case .asleep(let until): until + lateness
        case .begun(_, let until, _), .brought(_, let until): until
        }
    }

    /// Lets the sleeping thread see that it was woken.
    private mutating func wakeSyncThread() {
        guard case .asleep(let until) = syncThread, writer.syncer.wait(milliseconds: 0) else { return }
        syncThread = .asleep(until: min(until, time.now))
    }

    private mutating func runSyncThread() {
        do throws(SystemError) {
            switch syncThread {
            case .asleep:
                guard let sync = writer.syncer.beginIfDue() else { return sleep() }
                begin(sync)
            case .begun(let sync, _, let finish):
                try writer.syncer.bring(sync)
                trace?.note(time, "sync: the disk has \(sync.place.position.text)")
                syncThread = .brought(sync, until: finish)
            case .brought(let sync, _):
                try writer.syncer.finish(sync)
                trace?.note(time, "sync: \(progress.synced.text) synced")
                lastSync = time.now
                sleep()
            }
        } catch {
            writer.parts.failed(error)
            trace?.note(time, "sync: \(error)")
            syncThread = .asleep(until: .max / 2)
        }
    }

    /// Mostly a few milliseconds, often hundreds, sometimes seconds; what is written meanwhile may be covered or not.
    private mutating func begin(_ sync: LogSyncer.Sync) {
        let most: [UInt64] = [10, 10, 10, 10, 10, 400, 700, 3000]
        let length = random.next() % most[Int(random.next() % 8)]
        let part = random.next() % 3 == 0 ? 0 : random.next() % (length + 1)
        trace?.note(time, "sync: begins \(sync.place.position.text), takes \(length) ms")
        syncThread = .begun(sync, until: time.now + Int64(part), finish: time.now + Int64(length))
        if length > 100, random.next() & 1 == 0 { disk.beSlow(until: time.now + Int64(length)) }
    }

    private mutating func sleep() {
        syncThread = .asleep(until: time.now + writer.syncer.pause)
        lateness = lateStart()
    }

    /// Under `everysec` no record waits for over half a second until a sync begins, unless one is under way.
    private func checkPromptness() throws(BrokenPromise) {
        let oldest = progress.oldestUnsynced
        guard case .asleep(let until) = syncThread, progress.policy == .everysec, oldest != 0,
            progress.state != .failed, until > max(oldest + 500, lastSync) + 1
        else { return }
        throw BrokenPromise(description: "a record of \(oldest) ms is to be synced at \(until) ms")
    }

    private mutating func pick(_ calls: [String]) -> String { calls[Int(random.next() % UInt64(calls.count))] }
}

/// What must not happen.
struct BrokenPromise: Error, CustomStringConvertible {
    var description: String
}

/// The loops that hold replies: they look again when the log says that it moved.
private final class SimulatedLoops: LogListener {
    private let hasMoved = Atomic<Bool>(false)

    func logMoved() { hasMoved.store(true, ordering: .relaxed) }
    func logFailed(_ error: String) {}
    func takeMove() -> Bool { hasMoved.exchange(false, ordering: .relaxed) }
}

/// What happened, for whoever looks into a failure.
final class Trace: Sendable {
    private let lines = Mutex<[String]>([])

    func note(_ time: SimulatedTime, _ line: @autoclosure () -> String) {
        lines.withLock { [line = "\(time.now) ms, \(line())"] lines in lines.append(line) }
    }

    /// The end of it.
    var text: String { lines.withLock { $0.suffix(60) }.joined(separator: "\n") }
}
