import CacheModel
import Posix

/// What a snapshot needs of the log that runs beside it.
package protocol SnapshotLog: AnyObject, Sendable {
    /// Waits until all records up to `position` are in the log's files, and says where the log then stands: there or
    /// later, never inside an atomic group.
    func point(atLeast position: Position) throws(SnapshotFailure) -> LogPoint

    /// Gives the effects behind `start` up to `end`, which are in the log's files, in order, with how many further
    /// records belong to the same atomic group.
    func read(
        after start: Position, through end: Position, _ body: (borrowing Effect, Position, Int) -> Void
    ) throws(SnapshotFailure)

    /// Waits until the disk holds all records up to `position`.
    func sync(through position: Position) throws(SnapshotFailure)

    /// Bytes of records written since the log was opened.
    var bytesWritten: UInt64 { get }
}

/// Where a log stands.
package struct LogPoint: Sendable, Equatable {
    /// Of the last record.
    package var position: Position
    package var logTime: Instant
    /// Of the data set at `position`.
    package var digest: UInt64

    package init(position: Position, logTime: Instant, digest: UInt64) {
        self.position = position
        self.logTime = logTime
        self.digest = digest
    }
}

/// Why there is no snapshot.
package enum SnapshotFailure: Error, Sendable, Equatable, CustomStringConvertible {
    case disk(SystemError)
    case flawed(SnapshotError)
    /// Only a newer version can read it.
    case newer(NewerFormat)
    /// The log has failed or cannot be read.
    case log(String)
    case cancelled
    /// No thread or no memory.
    case resources(String)

    package var description: String { advice.map { "\(reason). \($0)" } ?? reason }

    /// What can be done, a sentence without its full stop; nil where the reason says it.
    package var advice: String? {
        switch self {
        case .disk(let error): error.advice
        case .flawed: "Make a new snapshot, or restore from an older one: this one is not used"
        case .newer: nil
        case .log: "See to the log first: the next snapshot is made when it goes on"
        case .cancelled: "Ask for another when there is time: POST /v1/admin/snapshots"
        case .resources: "Give the server more memory or threads"
        }
    }

    /// What is wrong, and where.
    package var reason: String {
        switch self {
        case .disk(let error): error.description
        case .flawed(let error): error.description
        case .newer(let newer): newer.description
        case .log(let reason): reason
        case .cancelled: "it was stopped"
        case .resources(let reason): reason
        }
    }

    /// Whether another version reads what this one cannot.
    package var isNewer: Bool {
        if case .newer = self { true } else { false }
    }
}
