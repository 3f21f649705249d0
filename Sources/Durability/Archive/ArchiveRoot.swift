import Posix

/// The directory that volumes of an archive lie in; tests put a simulated one in its place.
package protocol ArchiveRoot: AnyObject, Sendable {
    /// The directory, for messages.
    var path: String { get }
    /// What lies in it, in byte order.
    func names() throws(SystemError) -> [String]
    /// Opens the directory of a name in it.
    /// - Parameter creating: makes it first if it is missing.
    func open(_ name: String, creating: Bool) throws(SystemError) -> any Disk
    /// Waits until the disk holds the names as they are now.
    func sync() throws(SystemError)
}

/// A directory of the operating system.
package final class PosixArchiveRoot: ArchiveRoot {
    private let directory: Directory

    package var path: String { directory.path }

    /// Opens a directory; with `creating` it is made first if it is missing (mode 0700), not its parents.
    package init(path: String, creating: Bool) throws(SystemError) {
        directory = try Directory(path: path, creating: creating)
    }

    package func names() throws(SystemError) -> [String] { try directory.names() }

    package func open(_ name: String, creating: Bool) throws(SystemError) -> any Disk {
        try PosixDisk(path: "\(path)/\(name)", creating: creating)
    }

    package func sync() throws(SystemError) { try directory.sync() }
}
