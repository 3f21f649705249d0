import Posix

/// Why a file was not archived.
enum ArchiveFailure: Error, Equatable, CustomStringConvertible {
    case system(SystemError)
    /// The file in the data directory is not the one that its manifest names.
    case damaged(file: String, length: Int)
    /// Somebody else writes to the volume.
    case shared(String)
    /// The server stops.
    case stopped

    var description: String {
        switch self {
        case .system(let error): "\(error). \(error.advice)"
        case .damaged(let file, let length):
            "\(file), up to byte \(length): not the file that was closed. Make a snapshot at once "
                + "(POST /v1/admin/snapshots): the state in memory is sound"
        case .shared(let path):
            "\(path) is not as it was left: another process changes it. Give each server an archive of its own"
        case .stopped: "the server stops"
        }
    }
}
