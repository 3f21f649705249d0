import CacheModel
import Posix

/// Why a data directory cannot be used. Says where, what, and what can be done.
package enum RecoveryError: Error, Sendable, Equatable, CustomStringConvertible {
    case system(SystemError)
    /// Another process uses the directory.
    case locked(String)
    case manifest(ManifestFlaw)
    /// There are files of a log or of snapshots, but nothing says which of them count.
    case noManifest(file: String)
    case damage(LogDamage)
    /// Something in the directory can be read only by a newer version, which loses nothing of it.
    case newer(NewerFormat)
    /// The state after the record is not what it was when the record was written.
    case digest(file: String, offset: Int, position: Position)
    /// The log ends before records that were acknowledged, and this is refused (`strict-tail`).
    case lostTail(file: String, offset: Int, first: Position, last: Position)
    /// No snapshot can be loaded that the log goes on from. Holds why each was not used.
    case noBase([String])
    /// No thread.
    case resources(String)

    package var description: String {
        let ways =
            "Restore from a snapshot and the archived log, resync from a replica, or go on without what is lost: "
            + "nuthatch recover --accept-loss"
        switch self {
        case .system(let error): return error.description
        case .locked(let path): return "\(path) is in use by another process"
        case .manifest(let flaw): return "\(FileNames.manifest): \(flaw). \(ways)"
        case .noManifest(let file):
            return "there is \(file) but no \(FileNames.manifest), which alone says what counts. \(ways)"
        case .damage(let damage): return "\(damage). \(ways)"
        case .newer(let newer): return newer.description
        case .digest(let file, let offset, let position):
            return "\(file), byte \(offset): the data at position \(position.text) is not what it was. \(ways)"
        case .lostTail(let file, let offset, let first, let last):
            return "\(file), byte \(offset): the log ends, but positions \(first.text) to \(last.text) were "
                + "acknowledged. \(ways), or start without strict-tail"
        case .noBase(let reasons): return "no snapshot can be used: \(reasons.joined(separator: "; ")). \(ways)"
        case .resources(let reason): return reason
        }
    }

    /// Whether another version reads what this one cannot.
    package var isNewer: Bool {
        if case .newer = self { true } else { false }
    }

    /// A flaw of the record behind `end` of a segment that no torn write can explain.
    static func flaw(_ flaw: RecordFlaw, in entry: SegmentEntry, at end: WalkEnd) -> RecoveryError {
        if let form = flaw.newerForm { return .newer(NewerFormat(file: entry.name, offset: end.offset, what: form)) }
        return .damage(LogDamage(entry, at: end.offset, last: end.log.last, reason: flaw.description))
    }
}

/// Damage where no torn write can explain it.
package struct LogDamage: Error, Sendable, Equatable, CustomStringConvertible {
    package var file: String
    package var offset: Int
    /// The position of the last sound record before it; `.none` where that is not known.
    package var last: Position
    package var reason: String

    package init(_ entry: SegmentEntry, at offset: Int, last: Position? = nil, reason: String) {
        file = entry.name
        self.offset = offset
        self.last = last ?? entry.first.predecessor
        self.reason = reason
    }

    package var description: String {
        "\(file), byte \(offset), behind position \(last.text): \(reason)"
    }
}
