import CacheModel
import Posix

/// Why a data directory cannot be used. Says where, what, and what can be done.
package enum RecoveryError: Error, Sendable, Equatable, CustomStringConvertible {
    case system(SystemError)
    /// Another process uses the directory.
    case locked(String)
    /// With the byte of the manifest where it is.
    case manifest(ManifestFlaw, offset: Int)
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
    /// The target of a restore does not lie in what is kept. Says why.
    case unreachable(String)
    /// No file of a directory without a manifest says what history it belongs to.
    case nothingLeft(String)
    /// No thread.
    case resources(String)

    package var description: String { advice.map { "\(reason). \($0)" } ?? reason }

    /// What is wrong, and where.
    package var reason: String {
        switch self {
        case .system(let error): error.description
        case .locked(let path): "\(path) is in use by another process"
        case .manifest(let flaw, let offset): "\(FileNames.manifest), byte \(offset): \(flaw)"
        case .noManifest(let file): "there is \(file) but no \(FileNames.manifest), which alone says what counts"
        case .damage(let damage): damage.description
        case .newer(let newer): newer.description
        case .digest(let file, let offset, let position):
            "\(file), byte \(offset): the data at position \(position.text) is not what it was"
        case .lostTail(let file, let offset, let first, let last):
            "\(file), byte \(offset): the log ends, but positions \(first.text) to \(last.text) were acknowledged"
        case .noBase(let reasons): "no snapshot can be used: \(reasons.joined(separator: "; "))"
        case .unreachable(let reason): reason
        case .nothingLeft(let path): "\(path): no file here says what history it belongs to"
        case .resources(let reason): reason
        }
    }

    /// What can be done, a sentence without its full stop; nil where the reason says it.
    package var advice: String? {
        switch self {
        case .system(let error): error.advice
        case .locked: "Stop that process first, or choose another directory"
        case .manifest, .noManifest, .damage, .digest, .noBase: Self.ways
        case .newer: nil
        case .lostTail: "\(Self.ways), or start without strict-tail"
        case .unreachable: "See what can be restored with: nuthatch positions"
        case .nothingLeft: "Restore from a snapshot and the archived log kept elsewhere, or resync from a replica"
        case .resources: "Give the server more memory or threads"
        }
    }

    static let ways =
        "Restore from a snapshot and the archived log, resync from a replica, or go on without what is lost: "
        + "nuthatch recover --accept-loss"

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
