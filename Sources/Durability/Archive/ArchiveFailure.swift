import Posix

/// Why a file was not archived.
enum ArchiveFailure: Error, Equatable, CustomStringConvertible {
    case system(SystemError)
    /// The file in the data directory is not the one that its manifest names.
    case damaged(ArchivedFile)
    /// The volume is not as it was left.
    case changed(String)
    /// The server stops.
    case stopped

    var description: String {
        switch self {
        case .system(let error): "\(error). \(error.advice)"
        case .damaged(let file):
            "\(file.name), up to byte \(file.length): not the file that was closed, and left out. Make a snapshot at "
                + "once (POST /v1/admin/snapshots): the state in memory is sound, and the archive goes on behind it"
        case .changed(let path):
            "\(path) was changed or removed by another process. Give each server an archive of its own"
        case .stopped: "the server stops"
        }
    }
}
