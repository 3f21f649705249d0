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
        for name in try root.names() where VolumeName.isOne(name) {
            do throws(ManifestError) {
                guard let (disk, manifest) = try root.volume(named: name) else { continue }
                found.append(Volume(name: name, disk: disk, manifest: manifest))
            } catch {
                flaws.append("\(root.path)/\(name) cannot be used: \(error.reason)")
            }
        }
        volumes = found.sorted { $0.manifest.beginning < $1.manifest.beginning }
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
            case .end: farthest(of: volumes)
            case .time(let time): leading(to: time)
            case .position(let position): volumes.reversed().filter { $0.manifest.leads(to: position) }
            }
        guard !found.isEmpty else { throw .recovery(.unreachable("nothing in \(path) leads there")) }
        return found
    }

    /// Those that go past a time; where none does, the one that comes nearest.
    private func leading(to time: Instant) -> [Volume] {
        let before = volumes.filter { $0.manifest.archivedSince <= time }
        let past = before.filter { $0.manifest.end.lastTime >= time }
        return past.isEmpty ? farthest(of: before) : past.reversed()
    }

    /// A line that was given up, as by going back to an older copy of the disk, has a lower epoch.
    private func farthest(of volumes: [Volume]) -> [Volume] {
        volumes.max { $0.manifest.end.last < $1.manifest.end.last }.map { [$0] } ?? []
    }
}

extension Manifest {
    /// The first position that can be restored to.
    fileprivate var beginning: Position { start == .none ? snapshots.first?.position ?? .none : start }

    /// The last position that can be restored to, and its time.
    fileprivate var end: LogEnd {
        let ends = snapshots.map { LogEnd(last: $0.position, lastTime: $0.logTime) } + fullSegments.map(\.closing.end)
        return ends.max { $0.last < $1.last } ?? LogEnd(last: .none, lastTime: Instant(milliseconds: .min))
    }

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
