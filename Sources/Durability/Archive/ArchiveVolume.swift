import CacheModel
import Posix

/// A volume of an archive that is written to: a directory of the same form as a data directory, so that everything that
/// reads one reads the other.
///
/// A file counts in this order: copied under another name, synced, renamed, the directory synced, entered in the
/// volume's manifest. What a crash leaves half made is written anew.
final class ArchiveVolume: Sendable {
    private let store: ManifestStore

    private init(_ store: ManifestStore) { self.store = store }

    /// What it holds.
    var manifest: Manifest { store.current }
    var path: String { store.disk.path }
    /// Whether it is no longer known what its disk shows.
    var hasFailed: Bool { store.hasFailed }

    /// The volume to go on with, the newest of those that fit; nil when there is none. What it names is on its disk
    /// when this returns.
    /// - Parameter note: told of volumes that cannot be used.
    static func find(
        for data: Manifest, in root: any ArchiveRoot, _ plan: ArchivePlan, note: (String) -> Void
    ) throws(SystemError) -> ArchiveVolume? {
        var found: ArchiveVolume?
        for name in try root.names() where VolumeName.isOne(name, of: data.history) {
            do throws(ManifestError) {
                guard let (disk, manifest) = try root.volume(named: name), plan.goesOn(manifest, with: data) else {
                    continue
                }
                let known = found.map { ($0.manifest.archivedStart, $0.manifest.archivedEnd) } ?? (0, 0)
                if (manifest.archivedStart, manifest.archivedEnd) >= known {
                    found = ArchiveVolume(ManifestStore(manifest, on: disk))
                }
            } catch {
                switch error {
                case .system(let error): throw error
                case .flaw(let flaw, _): note("\(root.path)/\(name) is left alone: \(flaw)")
                }
            }
        }
        // Its manifest may have been renamed by a process that did not come to sync it.
        if let found {
            try found.store.update { _ in }
            try root.sync()
        }
        return found
    }

    /// Begins a volume with its first file.
    static func begin(
        with file: ArchivedFile, of data: Manifest, from source: any Disk, in root: any ArchiveRoot,
        isStopped: @escaping () -> Bool
    ) throws(ArchiveFailure) -> ArchiveVolume {
        let disk: any Disk
        do throws(SystemError) { disk = try unused(VolumeName.of(file, in: data), in: root) } catch {
            throw .system(error)
        }
        try FileCopy(source: source, target: disk, isStopped: isStopped).copy(file)
        let volume = ArchiveVolume(ManifestStore(data.volume(beginningWith: file), on: disk))
        do throws(SystemError) {
            // First, so that no volume counts that may vanish, and an attempt that fails here is tried in its place.
            try root.sync()
            try volume.store.update { _ in }
        } catch {
            throw .system(error)
        }
        return volume
    }

    /// Copies a file and enters it.
    func add(
        _ file: ArchivedFile, of data: Manifest, from source: any Disk, isStopped: @escaping () -> Bool
    ) throws(ArchiveFailure) {
        // Before, so that nothing of others is replaced, and behind, for a copy takes its time.
        try refuseOthers()
        try FileCopy(source: source, target: store.disk, isStopped: isStopped).copy(file)
        try refuseOthers()
        do throws(SystemError) { try store.update { $0.add(file, of: data) } } catch { throw .system(error) }
    }

    /// Two servers that began with copies of one data directory must not write to one volume.
    private func refuseOthers() throws(ArchiveFailure) {
        var found: Manifest?
        do throws(ManifestError) { found = try ManifestStore.read(from: store.disk) } catch {
            if case .system(let error) = error { throw .system(error) }
        }
        guard found == store.current else { throw .changed(path) }
    }

    /// A directory without a manifest: a new one, or one in which an earlier attempt did not get so far.
    private static func unused(_ name: String, in root: any ArchiveRoot) throws(SystemError) -> any Disk {
        var number = 1
        while true {
            let disk = try root.open(number == 1 ? name : "\(name)-\(number)", creating: true)
            let names = try disk.names()
            if !names.contains(FileNames.manifest) {
                for name in names { try disk.remove(name) }
                return disk
            }
            number += 1
        }
    }
}
