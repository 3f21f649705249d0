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

    /// The volume to go on with; nil when there is none.
    /// - Parameter note: told of volumes that cannot be read.
    static func find(
        for data: Manifest, in root: any ArchiveRoot, _ plan: ArchivePlan, note: (String) -> Void
    ) throws(SystemError) -> ArchiveVolume? {
        var found: ArchiveVolume?
        for name in try root.names() {
            // Files lie beside volumes, and of other histories too.
            guard let disk = try? root.open(name, creating: false) else { continue }
            do throws(RecoveryError) {
                guard let manifest = try KnownFormats.manifest(of: disk), plan.goesOn(manifest, with: data),
                    manifest.archivedEnd >= found?.manifest.archivedEnd ?? 0
                else { continue }
                found = ArchiveVolume(ManifestStore(manifest, on: disk))
            } catch {
                note("\(disk.path) is left alone: \(error.reason)")
            }
        }
        return found
    }

    /// Begins a volume with its first file.
    static func begin(
        with file: ArchivedFile, of data: Manifest, from source: any Disk, in root: any ArchiveRoot,
        isStopped: @escaping () -> Bool
    ) throws(ArchiveFailure) -> ArchiveVolume {
        let disk: any Disk
        do throws(SystemError) { disk = try unused(named(file, of: data), in: root) } catch { throw .system(error) }
        try FileCopy(source: source, target: disk, isStopped: isStopped).copy(file)
        var manifest = Manifest(
            history: data.history, hashSecret: data.hashSecret, epoch: data.epoch, start: .none)
        if case .segment = file { manifest.start = data.start }
        let volume = ArchiveVolume(ManifestStore(manifest, on: disk))
        do throws(SystemError) {
            try volume.enter(file, data)
            try root.sync()
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
        do throws(SystemError) { try enter(file, data) } catch { throw .system(error) }
    }

    private func enter(_ file: ArchivedFile, _ data: Manifest) throws(SystemError) {
        try store.update { manifest in
            manifest.epoch = data.epoch
            manifest.nextFile = max(manifest.nextFile, data.nextFile)
            switch file {
            case .segment(let entry, _): manifest.segments.append(entry)
            case .snapshot(let entry): manifest.snapshots.append(entry)
            }
        }
    }

    /// Two servers that began with copies of one data directory must not write to one volume.
    /// - Throws: `shared` also where the manifest cannot be read any more.
    private func refuseOthers() throws(ArchiveFailure) {
        guard (try? ManifestStore.read(from: store.disk)) == store.current else { throw .shared(path) }
    }

    // MARK: Names

    /// The beginning of the history's id, and the first position that can be restored to: `8f1d02c4-1.5000`.
    private static func named(_ file: ArchivedFile, of data: Manifest) -> String {
        "\(data.history.text.prefix(8))-\(file.position.text)"
    }

    /// A directory without a manifest: a new one, or one in which an earlier start did not get so far.
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
