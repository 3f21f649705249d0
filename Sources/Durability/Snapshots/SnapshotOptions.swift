/// When snapshots are made, how, and how long they and the log are kept.
package struct SnapshotOptions: Sendable, Equatable {
    /// Milliseconds between two snapshots, 0 for none by time. Nothing is made while nothing changes.
    package var every: Int64 = 3600_000
    /// Bytes of log behind which a snapshot is due before its time, 0 for none by growth: what a start has to read.
    package var growth: UInt64 = 4 << 30
    /// zlib's level, 0…9.
    package var level = 1
    /// Threads that pack.
    package var threads = 1
    /// How long snapshots and the log behind them stay.
    package var retention = Retention()
    /// Whether the last one is made when the server stops.
    package var atStop = true

    package init() {}
}
