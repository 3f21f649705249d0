import Bytes
import CacheEngine
import CacheModel
import Posix

@testable import Durability

/// A data directory in memory with a log that is written step by step into a real engine, and snapshots of it.
struct DiskSite: ~Copyable {
    let disk: MemoryDisk
    let store: ManifestStore
    let state: any DurableState
    var log: TestLog
    var ledger = Ledger()

    /// An engine for a recovery or a restore.
    static func engine(secret: (UInt64, UInt64), epoch: UInt64 = 1, number: UInt64? = nil) -> EmbeddedEngine {
        var configuration = EngineConfiguration(shards: 4, hashSecret: secret, seed: 1, epoch: epoch)
        if let number { configuration.startingNumber = number }
        return EmbeddedEngine(configuration: configuration, completions: NoCompletions())
    }

    static func recover(_ disk: any Disk, seed: UInt64 = 0) throws(RecoveryError) -> Recovered {
        var options = Recovery.Options()
        options.lanes = 2
        options.segmentRoom = 0
        options.draw(from: seed)
        return try Recovery(disk: disk, options: options, now: Instant(milliseconds: 1_000_000)) { identity in
            engine(secret: identity.hashSecret, epoch: identity.epoch, number: identity.number)
        }.run()
    }

    init(_ disk: MemoryDisk, seed: UInt64) throws {
        self.disk = disk
        let recovered = try Self.recover(disk, seed: seed)
        store = recovered.store
        state = recovered.state
        ledger.start = recovered.end.last
        log = TestLog(recovered, policy: .always, seed: seed, now: 1_000_000)
    }

    mutating func write(batches: Int) throws {
        for _ in 0..<batches { try log.writeBatch(&ledger) }
    }

    /// Makes a snapshot of the state as it is now.
    func snapshot() throws {
        let id = store.takeFile()
        let end = LogEnd(last: ledger.last, lastTime: ledger.records.last?.time ?? Instant(milliseconds: 0))
        let still = StillState(state, at: end, shiftedBy: 0)
        let file = try disk.create(FileNames.snapshot(id))
        let writer = SnapshotWriter(
            file: file, state: still, log: still, of: store.current, progress: SnapshotProgress())
        let summary = try writer.write(wallTime: end.lastTime, threads: 1, level: 1)
        try store.update {
            $0.snapshots.append(summary.entry(id: id, madeAt: end.lastTime, isRehearsed: true))
        }
    }

    /// The first `count` changes, folded.
    func fold(_ count: Int) -> [[UInt8]] {
        let engine = Self.engine(secret: store.current.hashSecret)
        for record in ledger.records[..<count] { record.effect.with { engine.apply($0, at: record.position) } }
        return engine.contents
    }
}
