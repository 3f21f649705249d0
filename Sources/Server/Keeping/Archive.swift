import Durability
import Posix

/// Opens the archive that the settings name.
enum Archive {
    /// The directory for the copies; nil when nothing is archived.
    /// - Throws: `RecoveryError` where it cannot be opened, ``NoArchive`` for a directory that holds data itself.
    static func root(_ settings: KeepingSettings) throws -> PosixArchiveRoot? {
        guard !settings.archiveDirectory.isEmpty else { return nil }
        do throws(SystemError) {
            let root = try PosixArchiveRoot(path: settings.archiveDirectory, creating: true)
            if try !root.names().contains(FileNames.manifest) { return root }
        } catch {
            throw RecoveryError.system(error)
        }
        throw NoArchive(path: settings.archiveDirectory)
    }

    /// - Parameter root: nil for no archive.
    static func service(
        in root: PosixArchiveRoot?, of store: ManifestStore, log: DurableLog, _ settings: KeepingSettings
    ) -> ArchiveService? {
        guard let root else { return nil }
        let parts = ArchiveService.Parts(
            manifest: store, log: log, root: root, monotonic: { Clock.monotonicMilliseconds() },
            note: { Files.writeLine("nuthatch: \($0)", to: .standardError) })
        return ArchiveService(parts, every: settings.archiveEvery.milliseconds)
    }
}

/// A directory that cannot be an archive because it holds the data of a server.
struct NoArchive: Error, CustomStringConvertible {
    let path: String

    var description: String { "\(path) is a data directory. Name another directory for the archive" }
}
