import Durability
import Posix

/// What a path names to read from: a data directory, or an archive with volumes that are such directories each.
enum DataSource {
    /// A directory with a manifest.
    struct Part {
        /// For messages; empty for the directory that was named.
        var name = ""
        var disk: any Disk
        var manifest: Manifest
    }

    case directory(Part)
    case archive(ArchiveChoice)

    /// - Throws: what ends the command, after it has been said: for a directory that is neither, and for one that a
    ///   newer version has used.
    static func at(_ path: String) throws -> DataSource {
        let disk = try DataDirectory.open(path)
        do {
            if let manifest = try KnownFormats.manifest(of: disk) {
                return .directory(Part(disk: disk, manifest: manifest))
            }
            let archive = try ArchiveChoice(at: path)
            for flaw in archive.flaws { complain(flaw) }
            if !archive.volumes.isEmpty { return .archive(archive) }
        } catch {
            throw DataDirectory.failure("\(path): \(error)")
        }
        throw DataDirectory.failure("\(path) has no MANIFEST. \(DirectoryCheck.otherDirectory)")
    }

    /// All directories, in order.
    var parts: [Part] {
        switch self {
        case .directory(let part): [part]
        case .archive(let archive): archive.volumes.map(Part.init)
        }
    }

    /// Those that lead to a target, the best first.
    func parts(for target: RestoreTarget) throws -> [Part] {
        switch self {
        case .directory(let part): return [part]
        case .archive(let archive):
            do throws(RestoreError) { return try archive.volumes(for: target).map(Part.init) } catch {
                throw DataDirectory.failure("\(error)")
            }
        }
    }
}

extension DataSource.Part {
    fileprivate init(_ volume: ArchiveChoice.Volume) {
        self.init(name: volume.name, disk: volume.disk, manifest: volume.manifest)
    }
}
