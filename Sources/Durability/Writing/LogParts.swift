import Posix

/// What the two threads of a log share.
struct LogParts: Sendable {
    let queue: LogQueue
    let progress: LogProgress
    let place: LogPlaceBoard
    let syncs: SyncTurn
    let store: ManifestStore
    let counters: LogCounters
    let listener: any LogListener
    let time: any TimeSource
    /// Ends the log for good: for whichever thread meets the error.
    let failed: @Sendable (SystemError) -> Void
}
