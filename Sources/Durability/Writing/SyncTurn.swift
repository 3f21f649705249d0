import Posix
import Synchronization

/// Lets one thread at a time sync the log, and nobody any more after a failure: Linux may have dropped what could not
/// be written, and a later success would prove nothing.
final class SyncTurn: Sendable {
    private let failure = Mutex<SystemError?>(nil)

    /// Whether a sync has failed, for whatever reason: a full disk that says so only now is none that heals.
    var hasFailed: Bool { failure.withLock { $0 != nil } }

    /// Syncs a file of the log; once this has failed it throws the same error for every file.
    func sync(_ file: any DiskFile) throws(SystemError) {
        try failure.withLock { (failure) throws(SystemError) in
            if let failure { throw failure }
            do throws(SystemError) { try file.sync() } catch {
                failure = error
                throw error
            }
        }
    }
}
