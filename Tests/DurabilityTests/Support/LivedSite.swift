import Bytes
import CacheEngine
import CacheModel
import Posix
import Synchronization

@testable import Durability

/// A directory in memory that a real engine under a memory limit has lived in: values stored, changed, deleted, expired
/// and evicted, the log over several segments, snapshots on the way, and a wall clock that is set back by an hour. What
/// the engine held is noted at moments of chance, to be compared with what a restore makes of the files.
///
/// No thread and no clock of its own: the same seed lives the same life.
struct LivedSite: ~Copyable {
    /// What was there at a moment.
    struct Moment {
        /// Behind the last change, and when the log says that was.
        var position: Position
        var logTime: Instant
        /// The first time at which the log says more; nil for a moment inside a batch, which has no time of its own.
        var until: Instant?
        var contents: Contents
    }

    /// A state, to be compared: how many entries, and a checksum over all of them in order.
    struct Contents: Equatable {
        var entries: Int
        var checksum: UInt32

        init(_ contents: [[UInt8]]) {
            entries = contents.count
            var sum = CRC32C()
            for entry in contents { sum.add(entry.span) }
            checksum = sum.value
        }
    }

    let disk = MemoryDisk()
    let store: ManifestStore
    let state: EmbeddedEngine
    private(set) var moments: [Moment] = []
    /// How often the log told each of these.
    private(set) var evicted = 0, expired = 0
    private let queue: CountingQueue
    private var appender: LogAppender
    private var random: SplitMix64
    private var wall: Int64 = 1_800_000_000_000
    private var monotonic: Int64 = 5000

    static let memory = 2 << 20
    static let hour: Int64 = 3_600_000

    init(seed: UInt64) throws {
        let queue = CountingQueue()
        let engines = Made()
        var options = Recovery.Options()
        options.lanes = 1
        options.segmentRoom = 0
        options.draw(from: seed)
        let recovered = try Recovery(
            disk: disk, options: options, now: Instant(milliseconds: wall)
        ) { identity in
            let engine = EmbeddedEngine(
                configuration: EngineConfiguration(
                    shards: 2, maxMemory: Self.memory, hashSecret: identity.hashSecret, seed: seed,
                    epoch: identity.epoch),
                completions: NoCompletions(), reader: queue)
            engines.last.withLock { $0 = engine }
            return engine
        }.run()
        store = recovered.store
        state = engines.last.withLock { $0! }
        let digest = recovered.digest
        appender = LogAppender(
            recovered.takeLog().takeWriter(), in: store, digest: digest, segmentBytes: 256 << 10, syncs: SyncTurn())
        self.queue = queue
        random = SplitMix64(seed: seed)
    }

    /// Lives for so many batches. The clock is set back and snapshots are made in the middle.
    mutating func live(batches: Int) throws {
        let stepBack = batches / 3 + Int(random.next() % UInt64(max(1, batches / 3)))
        let snapshots = Set((0..<2).map { _ in Int(random.next() % UInt64(batches)) })
        for batch in 0..<batches {
            if batch == stepBack { wall -= Self.hour }
            try liveBatch(isNoted: random.next() % 8 == 0)
            if snapshots.contains(batch) { try snapshot() }
        }
        (evicted, expired) = queue.removed
    }

    /// Some operations, and their records in the log at one time.
    private mutating func liveBatch(isNoted: Bool) throws {
        let passed = Int64(random.next() % 120) + 1
        wall += passed
        monotonic += passed
        let operations = Int(random.next() % 12) + 1
        let noted = random.next() % 8 == 0 ? Int(random.next() % UInt64(operations)) : -1
        for number in 0..<operations {
            operate()
            if number == noted { note(logTime: nil) }
        }
        let before = appender.place.logTime
        let outcome = appender.step(
            queue.queue, synced: .none, wall: Instant(milliseconds: wall), monotonic: monotonic)
        guard outcome == .written || outcome == .idle else { throw Unwritten(outcome: "\(outcome)") }
        let time = appender.place.logTime
        if time > before {
            // More than one where a batch between them had nothing to log.
            for index in moments.indices where moments[index].until == .never { moments[index].until = time }
        }
        for index in moments.indices where moments[index].logTime == .never { moments[index].logTime = time }
        if isNoted { note(logTime: time) }
    }

    /// Notes what is there. Without a time it is a moment inside a batch.
    private mutating func note(logTime: Instant?) {
        moments.append(
            Moment(
                position: state.lastPosition, logTime: logTime ?? .never, until: logTime == nil ? nil : .never,
                contents: Contents(state.contents)))
    }

    private mutating func operate() {
        var reply = Reply()
        let chance = random.next()
        let key = Array("key:\(chance >> 8 & 0x3ff)".utf8)
        let (now, ticket) = (Instant(milliseconds: wall), Ticket(packed: 0))
        let none: [UInt8] = []
        switch chance % 10 {
        case 0..<6:
            let value = [UInt8](repeating: UInt8(truncatingIfNeeded: chance >> 24), count: Int(chance >> 32 & 0x1fff))
            let end = now.advanced(byMilliseconds: Int64(chance >> 48 & 0x7ff))
            let put = Put(
                key: key.span, value: value.span, fields: none.span,
                lifetime: .set(chance >> 20 & 3 == 0 ? Lifetime(expiresAt: end) : .unlimited), version: nil,
                precondition: Precondition(), wantsPrevious: false)
            _ = state.execute(.put(put), at: now, ticket: ticket, reply: &reply)
        case 6:
            let delete = Delete(key: key.span, version: nil, precondition: Precondition(), wantsPrevious: false)
            _ = state.execute(.delete(delete), at: now, ticket: ticket, reply: &reply)
        case 7:
            let piece = Array("piece".utf8)
            let extend = Extend(
                key: key.span, bytes: piece.span, end: .back, maximumLength: .max, fields: none.span,
                precondition: Precondition())
            _ = state.execute(.extend(extend), at: now, ticket: ticket, reply: &reply)
        case 8:
            let touch = Touch(
                key: key.span, change: .lifetime(Lifetime(expiresAt: now.advanced(byMilliseconds: 4000))),
                precondition: Precondition(), wantsValue: false)
            _ = state.execute(.touch(touch), at: now, ticket: ticket, reply: &reply)
        default: state.maintain(at: now, worker: 0, of: 1)
        }
    }

    private func snapshot() throws {
        let id = store.takeFile()
        let place = appender.place
        let end = LogEnd(last: place.position, lastTime: place.logTime)
        let still = StillState(state, at: end, shiftedBy: 0)
        let file = try disk.create(FileNames.snapshot(id))
        let writer = SnapshotWriter(
            file: file, state: still, log: still, of: store.current, progress: SnapshotProgress())
        let summary = try writer.write(wallTime: end.lastTime, threads: 1, level: 1)
        try store.update {
            $0.snapshots.append(summary.entry(id: id, madeAt: end.lastTime, isRehearsed: true))
        }
    }
}

/// The engine that a recovery asked for last.
private final class Made: Sendable {
    let last = Mutex<EmbeddedEngine?>(nil)
}

/// Hands what the engine says to the log's queue, and counts what went by itself.
private final class CountingQueue: EffectReader {
    let queue = LogQueue()
    private let counts = Mutex((evicted: 0, expired: 0))

    var removed: (evicted: Int, expired: Int) { counts.withLock { $0 } }

    func record(_ effect: borrowing Effect, at position: Position, remaining: Int, digestChange: UInt64) {
        if case .delete(_, let reason, _, _, _, _) = copy effect {
            counts.withLock { counts in
                if reason == .evicted { counts.evicted += 1 }
                if reason == .expired { counts.expired += 1 }
            }
        }
        queue.append(effect, at: position, remaining: remaining, digestChange: digestChange)
    }
}
