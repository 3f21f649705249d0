import ArgumentParser
import CacheEngine
import CacheModel
import Durability
import Posix

/// Saves what is sound of a damaged data directory.
struct RecoverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "recover", abstract: "Save what is sound of a damaged data directory into a new one.",
        discussion: """
            Takes the newest sound snapshot and the log behind it up to the first damage. What is behind that is LOST, \
            and nothing in the damaged directory is changed. Without a manifest it goes by what the files say of \
            themselves. Refused while a server uses it. Try a replica, or a snapshot with an archived log, first.

            Exit codes: 0 saved, 2 refused or failed.
            """)

    @Option(help: ArgumentHelp("The damaged data directory.", valueName: "directory")) var from: String
    @Option(help: ArgumentHelp("The new data directory.", valueName: "directory")) var into: String
    @Flag(help: "Say that you know that changes are lost.") var acceptLoss = false

    func run() throws {
        let disk = try DataDirectory.open(from)
        try DataDirectory.claim(disk, or: "stop the server first; restore works beside one")
        let found = try manifest(of: disk)
        guard acceptLoss else {
            throw DataDirectory.failure("changes behind the damage are lost: say --accept-loss when that is accepted")
        }
        let progress = SnapshotProgress()
        var manifest = try found ?? rebuiltManifest(of: disk)
        let isRebuilt = found == nil
        manifest.snapshots.sort { $0.position < $1.position }
        var restoration = Restoration(source: disk, manifest: manifest, progress: progress) {
            DataDirectory.engine(hashSecret: $0)
        } rehearsalState: {
            DigestState(hashSecret: $0)
        }
        restoration.acceptsLoss = true
        restoration.comparesDigests = !isRebuilt || !manifest.snapshots.isEmpty
        try restoration.perform(to: .end, into: into, shiftsLifetimes: false, progress)
    }

    /// The manifest, nil where it cannot be used; what a newer version wrote is refused, for nothing of it is lost.
    private func manifest(of disk: PosixDisk) throws -> Manifest? {
        do throws(RecoveryError) {
            if let manifest = try KnownFormats.manifest(of: disk) { return manifest }
            complain("\(disk.path) has no MANIFEST: going by what the files say of themselves")
        } catch {
            switch error {
            case .newer: throw DataDirectory.failure("\(disk.path): \(error)")
            default: complain("\(disk.path): going by what the files say of themselves: \(error.reason)")
            }
        }
        return nil
    }

    private func rebuiltManifest(of disk: PosixDisk) throws -> Manifest {
        do throws(RestoreError) {
            return try RebuiltManifest.make(from: disk)
        } catch {
            throw DataDirectory.failure(error.description)
        }
    }
}
