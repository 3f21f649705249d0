import CacheModel
import Durability
import Posix
import Reactor
import Synchronization

/// The log as the loops and the surface see it.
final class Keeper: ChangeGate, Sendable {
    let log: DurableLog
    let progress: LogProgress
    /// Nil where nothing is archived.
    let archive: ArchiveService?
    let flags: [HoldFlag]

    init(_ log: DurableLog, _ progress: LogProgress, archive: ArchiveService?, flags: [HoldFlag]) {
        self.log = log
        self.archive = archive
        self.progress = progress
        self.flags = flags
    }

    var figures: LogFigures {
        var figures = LogFigures()
        figures.written = progress.written
        figures.synced = progress.synced
        figures.batches = log.counters.batches
        figures.bytes = log.counters.bytes
        figures.syncs = log.counters.syncs
        figures.syncNanoseconds = log.counters.syncNanoseconds
        figures.refusedWrites = log.counters.refusedWrites
        figures.archive = archive?.figures
        return figures
    }

    var admission: ChangeAdmission {
        switch progress.state {
        case .open: break
        case .full, .blocked: return .full
        case .failed: return .failed
        }
        return log.isOverfull || progress.isStalled(at: Clock.monotonicMilliseconds()) ? .held : .open
    }
}

/// Wakes the loops that hold replies, and tells of the log's failure.
final class HoldWaker: LogListener {
    private let mailboxes: [Mailbox]
    let flags: [HoldFlag]
    private let failed: @Sendable (String) -> Void

    init(_ mailboxes: [Mailbox], failed: @escaping @Sendable (String) -> Void) {
        self.mailboxes = mailboxes
        flags = mailboxes.map { _ in HoldFlag() }
        self.failed = failed
    }

    func logMoved() {
        for index in mailboxes.indices where flags[index].lower() { mailboxes[index].deliver(ControlWord.logMoved) }
    }

    func logFailed(_ error: String) { failed(error) }
}
