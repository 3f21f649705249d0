import Durability
import Posix

/// What a path names to read from: a data directory, or an archive with volumes that are such directories each.
enum DataSource {
    case directory(any Disk, Manifest)
    case archive(ArchiveChoice)

    /// - Throws: what ends the command, after it has been said: for a directory that is neither, and for one that a
    ///   newer version has used.
    static func at(_ path: String) throws -> DataSource {
        let disk = try DataDirectory.open(path)
        do throws(RecoveryError) {
            if let manifest = try KnownFormats.manifest(of: disk) { return .directory(disk, manifest) }
            let archive = try ArchiveChoice(at: path)
            if !archive.volumes.isEmpty { return .archive(archive) }
        } catch {
            throw DataDirectory.failure("\(path): \(error)")
        }
        throw DataDirectory.failure("\(path) has no MANIFEST. \(DirectoryCheck.otherDirectory)")
    }

    /// All directories, in order.
    var parts: [(disk: any Disk, manifest: Manifest)] {
        switch self {
        case .directory(let disk, let manifest): [(disk, manifest)]
        case .archive(let archive): archive.volumes.map { ($0.disk, $0.manifest) }
        }
    }

    /// The one that leads to a target.
    func part(for target: RestoreTarget) throws -> (disk: any Disk, manifest: Manifest) {
        switch self {
        case .directory(let disk, let manifest): return (disk, manifest)
        case .archive(let archive):
            do throws(RestoreError) {
                let volume = try archive.volume(for: target)
                return (volume.disk, volume.manifest)
            } catch {
                throw DataDirectory.failure("\(error)")
            }
        }
    }
}
