import Synchronization

/// How far a recovery is: written by the one who recovers, read by anybody.
package final class RecoveryProgress: Sendable {
    package enum Phase: UInt8, Sendable {
        /// The manifest and the end of the log are looked at.
        case checking
        case snapshot
        case log
        /// Everything is loaded, or nothing ever is.
        case done
    }

    /// Of the snapshot that is loaded now; another one when the first was damaged.
    package let snapshot = SnapshotProgress()
    private let phaseNumber = Atomic<UInt8>(Phase.checking.rawValue)
    private let recordCount = Atomic<UInt64>(0)
    private let byteCount = Atomic<UInt64>(0)
    private let byteTotal = Atomic<UInt64>(0)

    package init() {}

    package var phase: Phase { Phase(rawValue: phaseNumber.load(ordering: .relaxed)) ?? .done }
    /// Records of the log applied so far.
    package var records: UInt64 { recordCount.load(ordering: .relaxed) }
    /// Bytes of the snapshot or of the log, whichever the phase is about, that have been loaded.
    package var bytes: UInt64 { phase == .snapshot ? snapshot.bytes : byteCount.load(ordering: .relaxed) }
    /// Bytes there are to load in this phase; 0 while that is not known.
    package var totalBytes: UInt64 { byteTotal.load(ordering: .relaxed) }

    /// Begins a phase with so many bytes to load.
    package func begin(_ phase: Phase, bytes: UInt64 = 0) {
        byteTotal.store(bytes, ordering: .relaxed)
        if phase == .snapshot { snapshot.bytes = 0 }
        phaseNumber.store(phase.rawValue, ordering: .relaxed)
    }

    func add(records: UInt64) { recordCount.wrappingAdd(records, ordering: .relaxed) }
    func add(bytes: UInt64) { byteCount.wrappingAdd(bytes, ordering: .relaxed) }
}

extension RecoveryProgress.Phase {
    /// What is said of it.
    package var word: StaticString {
        switch self {
        case .checking: "checking"
        case .snapshot: "snapshot"
        case .log: "log"
        case .done: "done"
        }
    }
}
