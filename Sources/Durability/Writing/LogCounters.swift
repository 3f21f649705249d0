import Synchronization

/// What the log has done so far, for the metrics: written by its threads, read by anybody.
package final class LogCounters: Sendable {
    private let batchCount = Atomic<UInt64>(0)
    private let byteCount = Atomic<UInt64>(0)
    private let syncCount = Atomic<UInt64>(0)
    private let syncTime = Atomic<UInt64>(0)
    private let failureCount = Atomic<UInt64>(0)

    /// Batches written: one write call each, mostly.
    package var batches: UInt64 { batchCount.load(ordering: .relaxed) }
    /// Bytes written.
    package var bytes: UInt64 { byteCount.load(ordering: .relaxed) }
    /// Syncs that succeeded.
    package var syncs: UInt64 { syncCount.load(ordering: .relaxed) }
    /// Nanoseconds spent in them.
    package var syncNanoseconds: UInt64 { syncTime.load(ordering: .relaxed) }
    /// Writes that failed for want of room.
    package var refusedWrites: UInt64 { failureCount.load(ordering: .relaxed) }

    func noteBatch(total bytes: UInt64) {
        batchCount.wrappingAdd(1, ordering: .relaxed)
        byteCount.store(bytes, ordering: .relaxed)
    }

    func noteSync(nanoseconds: Int64) {
        syncCount.wrappingAdd(1, ordering: .relaxed)
        syncTime.wrappingAdd(UInt64(max(0, nanoseconds)), ordering: .relaxed)
    }

    func noteRefusedWrite() { failureCount.wrappingAdd(1, ordering: .relaxed) }
}
