/// Whether what is to be changed could be kept. Asked before each change, from any thread.
public protocol ChangeGate: AnyObject, Sendable {
    var admission: ChangeAdmission { get }
    /// What the log has done so far.
    var figures: LogFigures { get }
}

/// The log in figures, for the metrics.
public struct LogFigures: Sendable {
    /// The last record that is written, and the last that is on the disk.
    public var written = Position.none
    public var synced = Position.none
    /// Batches written, one write call each, and their bytes.
    public var batches: UInt64 = 0
    public var bytes: UInt64 = 0
    /// Syncs that succeeded, and nanoseconds spent in them.
    public var syncs: UInt64 = 0
    public var syncNanoseconds: UInt64 = 0
    /// Writes that failed for want of room.
    public var refusedWrites: UInt64 = 0
    /// Nil where nothing is archived.
    public var archive: ArchiveFigures?

    public init() {}
}

/// The archive in figures, for the metrics.
public struct ArchiveFigures: Sendable, Equatable {
    /// The number of the last record that is in the archive.
    public var position: UInt64 = 0
    /// Files that are whole and not copied yet, and their bytes.
    public var waitingFiles = 0
    public var waitingBytes = 0
    /// Bytes copied.
    public var bytes: UInt64 = 0
    /// Attempts that failed.
    public var failures: UInt64 = 0

    public init() {}
}

public enum ChangeAdmission: Sendable, Equatable {
    case open
    /// The disk does not keep up: not now, perhaps in a moment.
    case held
    /// The disk is full.
    case full
    /// The log has failed.
    case failed
}
