import CacheModel
import Synchronization

/// How far a long piece of work on snapshots is, and the wish that it stop: written by the one who works, read by
/// anybody.
package final class SnapshotProgress: Sendable {
    package enum Phase: Int, Sendable {
        case waiting, capturing, tail, syncing, rehearsing, done, failed
    }

    private let phaseNumber = Atomic<Int>(0)
    private let recordCount = Atomic<UInt64>(0)
    private let byteCount = Atomic<UInt64>(0)
    private let stopWish = Atomic<Bool>(false)

    package init() {}

    package var phase: Phase {
        get { Phase(rawValue: phaseNumber.load(ordering: .relaxed)) ?? .failed }
        set { phaseNumber.store(newValue.rawValue, ordering: .relaxed) }
    }

    /// Entries captured or loaded so far.
    package var records: UInt64 {
        get { recordCount.load(ordering: .relaxed) }
        set { recordCount.store(newValue, ordering: .relaxed) }
    }

    /// Bytes of the file written or read so far.
    package var bytes: UInt64 {
        get { byteCount.load(ordering: .relaxed) }
        set { byteCount.store(newValue, ordering: .relaxed) }
    }

    func addRecords(_ count: Int) { recordCount.wrappingAdd(UInt64(count), ordering: .relaxed) }

    package var isStopped: Bool { stopWish.load(ordering: .relaxed) }
    package func stop() { stopWish.store(true, ordering: .relaxed) }
}
