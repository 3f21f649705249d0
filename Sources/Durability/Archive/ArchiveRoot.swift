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

extension ArchiveRoot {
    /// The volume of a name; nil for what is none: a directory without a manifest, or one that a server uses.
    func volume(named name: String) throws(ManifestError) -> (disk: any Disk, manifest: Manifest)? {
        let disk: any Disk
        let isUsed: Bool
        do throws(SystemError) {
            disk = try open(name, creating: false)
            isUsed = try disk.names().contains(FileNames.mark)
        } catch {
            if error.isMissing { return nil }
            throw .system(error)
        }
        guard !isUsed, let manifest = try ManifestStore.read(from: disk) else { return nil }
        return (disk, manifest)
    }
}

/// How volumes are called: the beginning of the history's id, and the first position that can be restored to, as in
/// `8f1d02c4-1.5000`. What is called otherwise in an archive is none of it.
enum VolumeName {
    private static let idDigits = 8

    static func of(_ file: ArchivedFile, in data: Manifest) -> String {
        "\(data.history.text.prefix(idDigits))-\(file.position.text)"
    }

    static func isOne(_ name: String) -> Bool {
        let digits = name.utf8.prefix(idDigits)
        return digits.count == idDigits && name.utf8.dropFirst(idDigits).first == UInt8(ascii: "-")
            && digits.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    }

    static func isOne(_ name: String, of history: HistoryID) -> Bool {
        name.hasPrefix("\(history.text.prefix(idDigits))-")
    }
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
