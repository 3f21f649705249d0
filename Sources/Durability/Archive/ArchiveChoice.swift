import CacheModel
import Posix

/// The volumes of an archive, to read from.
package struct ArchiveChoice: Sendable {
    /// One of them.
    package struct Volume: Sendable {
        package let name: String
        package let disk: any Disk
        package let manifest: Manifest
    }

    package let path: String
    /// In the order of their names, which is that of time within a history.
    package let volumes: [Volume]

    /// All directories in it that have a manifest; those that cannot be opened are none.
    /// - Throws: where a manifest is flawed, or newer than this version.
    package init(_ root: any ArchiveRoot) throws(RecoveryError) {
        path = root.path
        var found: [Volume] = []
        let names: [String]
        do throws(SystemError) { names = try root.names() } catch { throw .system(error) }
        for name in names {
            guard let disk = try? root.open(name, creating: false),
                let manifest = try KnownFormats.manifest(of: disk)
            else { continue }
            found.append(Volume(name: name, disk: disk, manifest: manifest))
        }
        volumes = found
    }

    /// The archive in a directory of the operating system.
    package init(at path: String) throws(RecoveryError) {
        let root: PosixArchiveRoot
        do throws(SystemError) { root = try PosixArchiveRoot(path: path, creating: false) } catch {
            throw .system(error)
        }
        try self.init(root)
    }

    /// The newest volume that begins at or before the target; for the end the one that goes farthest.
    /// - Throws: `ambiguous` where they are of several histories.
    package func volume(for target: RestoreTarget) throws(RestoreError) -> Volume {
        guard Set(volumes.map(\.manifest.history)).count < 2 else {
            throw .ambiguous(path, volumes: volumes.map(\.name))
        }
        let ordered = volumes.sorted { $0.manifest.archivedEnd < $1.manifest.archivedEnd }
        let found = ordered.last { volume in
            switch target {
            case .end: true
            case .time(let time): volume.manifest.archivedSince <= time
            case .position(let position): volume.manifest.archivedStart <= position.number
            }
        }
        guard let found else { throw .recovery(.unreachable("everything in \(path) is later than this")) }
        return found
    }
}
