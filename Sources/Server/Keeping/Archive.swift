import Durability
import Posix

/// Opens the archive that the settings name.
enum Archive {
    /// The directory for the copies; nil when nothing is archived.
    /// - Throws: `present` for a directory that holds data itself.
    static func root(_ settings: KeepingSettings) throws(RecoveryError) -> PosixArchiveRoot? {
        guard !settings.archiveDirectory.isEmpty else { return nil }
        do throws(SystemError) {
            let root = try PosixArchiveRoot(path: settings.archiveDirectory, creating: true)
            guard try !root.names().contains(FileNames.manifest) else {
                throw .present("\(root.path)/\(FileNames.manifest): a data directory cannot be an archive")
            }
            return root
        } catch {
            throw .system(error)
        }
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
