import CacheModel
import Durability

/// What is said each second of work that takes longer.
extension RecoveryProgress {
    /// Of a start; nil once all is loaded.
    var line: String? {
        switch phase {
        case .checking: "checking the end of the log"
        case .snapshot: "loading the snapshot: \(amount)"
        case .log: "loading the log: \(amount), \(records) records"
        case .done: nil
        }
    }

    private var amount: String { "\(bytes >> 20) of \(totalBytes >> 20) MiB" }
}

extension SnapshotService {
    /// Of the snapshot that is being made; nil when none is.
    var line: String? {
        let progress = progress
        return switch progress.phase {
        case .capturing: "making the last snapshot: \(progress.records) entries, \(progress.bytes >> 20) MiB"
        case .tail, .syncing: "making the last snapshot: \(progress.bytes >> 20) MiB"
        case .rehearsing: "reading the last snapshot again: \(progress.bytes >> 20) MiB"
        case .waiting, .done, .failed: nil
        }
    }
}

extension ArchiveService {
    /// Of the copying of what is left; nil when nothing is.
    var line: String? {
        let figures = figures
        guard figures.waitingFiles > 0 else { return nil }
        return "archiving: \(figures.waitingFiles) files left, \(figures.waitingBytes >> 20) MiB"
    }
}
