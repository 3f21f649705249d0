import Synchronization

/// How far a recovery is: written by the one who recovers, read by anybody.
package final class RecoveryProgress: Sendable {
    private let recordCount = Atomic<UInt64>(0)
    private let byteCount = Atomic<UInt64>(0)
    private let byteTotal = Atomic<UInt64>(0)

    package init() {}

    /// Records of the log applied so far.
    package var records: UInt64 { recordCount.load(ordering: .relaxed) }
    /// Bytes of the log applied so far.
    package var bytes: UInt64 { byteCount.load(ordering: .relaxed) }
    /// Bytes of the log to apply; 0 while that is not known.
    package var totalBytes: UInt64 { byteTotal.load(ordering: .relaxed) }

    func add(records: UInt64) { recordCount.wrappingAdd(records, ordering: .relaxed) }
    func add(bytes: UInt64) { byteCount.wrappingAdd(bytes, ordering: .relaxed) }
    func expect(bytes: UInt64) { byteTotal.store(bytes, ordering: .relaxed) }
}
