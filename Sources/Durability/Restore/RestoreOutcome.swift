import CacheModel
import Posix

/// What a restore came to.
package struct RestoreOutcome: Sendable {
    /// The last record of the state, and its log time.
    package var position = Position.none
    package var logTime = Instant(milliseconds: 0)
    /// The snapshot it began with.
    package var snapshot: SnapshotEntry?
    /// Records of the log applied.
    package var records: UInt64 = 0
    /// Entries of the new directory, the caller versions of versioned deletes among them.
    package var entries: UInt64 = 0
    package var warnings: [String] = []
}

/// Why nothing was restored.
package enum RestoreError: Error, Sendable, CustomStringConvertible {
    case system(SystemError)
    /// The directory to restore into holds something.
    case notEmpty(String)
    case recovery(RecoveryError)
    case snapshot(SnapshotFailure)
    /// An archive of several histories.
    case ambiguous(String, volumes: [String])

    package var description: String {
        switch self {
        case .system(let error): "\(error). \(error.advice)"
        case .notEmpty(let path): "\(path) is not empty. Name a directory that is empty or not there"
        case .recovery(let error): error.description
        case .snapshot(let error): error.description
        case .ambiguous(let path, let volumes):
            "\(path) holds several histories. Name one of its directories: \(volumes.joined(separator: ", "))"
        }
    }
}
