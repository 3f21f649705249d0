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
    /// In the order of their beginnings.
    package let volumes: [Volume]
    /// Why others cannot be used, with their names.
    package let flaws: [String]

    /// All directories in it that have a manifest and that no server uses.
    package init(_ root: any ArchiveRoot) throws(SystemError) {
        path = root.path
        var found: [Volume] = []
        var flaws: [String] = []
        for name in try root.names() {
            do throws(ManifestError) {
                guard let (disk, manifest) = try root.volume(named: name) else { continue }
                found.append(Volume(name: name, disk: disk, manifest: manifest))
            } catch {
                flaws.append("\(root.path)/\(name) cannot be used: \(error.reason)")
            }
        }
        volumes = found.sorted { $0.order < $1.order }
        self.flaws = flaws
    }

    /// The archive in a directory of the operating system.
    package init(at path: String) throws(SystemError) {
        try self.init(try PosixArchiveRoot(path: path, creating: false))
    }

    /// The volumes that lead to the target, the best first; for the end the one that goes farthest.
    /// - Throws: `ambiguous` where they are of several histories, `unreachable` where none leads there.
    package func volumes(for target: RestoreTarget) throws(RestoreError) -> [Volume] {
        guard Set(volumes.map(\.manifest.history)).count < 2 else {
            throw .ambiguous(path, volumes: volumes.map(\.name))
        }
        let found: [Volume] =
            switch target {
            case .end: volumes.max { $0.reach < $1.reach }.map { [$0] } ?? []
            case .time(let time): volumes.reversed().filter { $0.manifest.archivedSince <= time }
            case .position(let position): volumes.reversed().filter { $0.manifest.leads(to: position) }
            }
        guard !found.isEmpty else { throw .recovery(.unreachable("nothing in \(path) leads there")) }
        return found
    }
}

extension ArchiveChoice.Volume {
    /// A line that was given up, as by going back to an older copy of the disk, has a lower epoch.
    fileprivate var order: (UInt64, UInt64) { (manifest.epoch, manifest.archivedStart) }
    fileprivate var reach: (UInt64, UInt64) { (manifest.epoch, manifest.archivedEnd) }
}

extension Manifest {
    /// Whether a snapshot is of this position, or a segment behind the first snapshot holds it.
    fileprivate func leads(to position: Position) -> Bool {
        if snapshots.contains(where: { $0.position == position }) { return true }
        guard position.number > archivedStart else { return false }
        return fullSegments.contains { $0.entry.first <= position && position <= $0.closing.last }
    }
}

extension ManifestError {
    /// What is wrong.
    fileprivate var reason: String {
        switch self {
        case .system(let error): "\(error)"
        case .flaw(let flaw, let offset): "\(FileNames.manifest), byte \(offset): \(flaw)"
        }
    }
}
