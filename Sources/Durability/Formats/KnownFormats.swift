import Bytes
import CacheModel
import Posix

/// Whether this version reads what counts in a data directory: looked at before anything is read or made of it, so that
/// a directory that a newer version has used is refused whole.
///
/// Each kind of file says its format where every later format says it too, under a checksum in the same place
/// (docs/formats.md). A number that a bit has made larger is damage, and left to whoever reads the file.
package enum KnownFormats {
    /// The manifest of a directory, nil when it has none.
    /// - Throws: `newer` also for a file that it names, and for the mark file.
    package static func manifest(of disk: any Disk) throws(RecoveryError) -> Manifest? {
        let found: Manifest?
        do throws(ManifestError) {
            found = try ManifestStore.read(from: disk)
        } catch {
            switch error {
            case .system(let error): throw .system(error)
            case .flaw(.newer(let format), _):
                throw .newer(
                    NewerFormat(
                        file: FileNames.manifest, offset: Manifest.formatOffset, format: format, known: Manifest.format)
                )
            case .flaw(let flaw, let offset): throw .manifest(flaw, offset: offset)
            }
        }
        guard let found else { return nil }
        try check([FileNames.mark] + found.segments.map(\.name) + found.snapshots.map(\.name), of: disk)
        return found
    }

    /// Looks at the formats of files; other flaws, and files that are missing, are for who reads them.
    /// - Throws: `newer` alone.
    package static func check(_ names: [String], of disk: any Disk) throws(RecoveryError) {
        for name in names {
            do throws(RecoveryError) { try readHead(of: name, disk) } catch {
                if error.isNewer { throw error }
            }
        }
    }

    private static func readHead(of name: String, _ disk: any Disk) throws(RecoveryError) {
        if name == FileNames.mark {
            _ = try MarkFile.read(of: HistoryID(high: 0, low: 0), on: disk)
        } else if name.hasPrefix("log-") {
            _ = try SegmentHeader.read(name, on: disk)
        } else if name.hasPrefix("snapshot-"), name.hasSuffix(".gz") {
            do throws(SnapshotFailure) {
                _ = try SnapshotLoader(disk: disk, threads: 1).head(name)
            } catch {
                if case .newer(let newer) = error { throw .newer(newer) }
            }
        }
    }
}
