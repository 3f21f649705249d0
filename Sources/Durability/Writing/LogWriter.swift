import CacheModel
import Posix

/// What the log thread does, turn by turn: one batch from the queue to the file, and word of it to everybody. No thread
/// and no clock of its own: ``DurableLog`` loops over these turns, and a simulation mixes them with those of the
/// ``LogSyncer``, with changes, and with losses of power.
struct LogWriter: ~Copyable {
    /// What the thread does after a turn.
    enum Next: Equatable {
        /// There may be more to write.
        case goOn
        /// Nothing was queued: it sleeps until something is, and looks at the room on the disk.
        case rest
        /// The disk is full: it waits and tries again.
        case retry
        /// The log has failed; nothing is written any more.
        case end
    }

    let parts: LogParts
    let syncer: LogSyncer
    private var appender: LogAppender

    init(_ appender: consuming LogAppender, _ parts: LogParts, syncer: LogSyncer) {
        self.parts = parts
        self.syncer = syncer
        self.appender = appender
    }

    /// Bytes of the open segment, as far as they are written.
    var length: Int { appender.closing.length }

    /// Writes what has been queued, and tells of it.
    /// - Parameter isEarly: closes the segment instead, though it is not full.
    mutating func turn(closingSegment isEarly: Bool = false) -> Next {
        if parts.progress.state == .failed { return .end }
        let outcome = isEarly ? appender.closeEarly(at: parts.time.wall) : write()
        switch outcome {
        case .idle: return isEarly ? .goOn : .rest
        case .written:
            publish()
            return .goOn
        case .outOfSpace:
            parts.counters.noteRefusedWrite()
            publish()
            parts.progress.enter(.blocked)
            parts.listener.logMoved()
            return .retry
        case .failed(let error):
            publish()
            parts.failed(error)
            return .end
        }
    }

    private mutating func write() -> LogAppender.Outcome {
        appender.step(
            parts.queue, synced: parts.progress.synced, wall: parts.time.wall,
            monotonic: parts.time.monotonicMilliseconds)
    }

    private func publish() {
        // Between a write that stopped half way and the next, digest and groups do not fit the position.
        if !appender.isWriteLeft { parts.place.current = appender.place }
        // What waited for room may have been no more than what the log says of itself: no position moves then.
        if parts.progress.state == .blocked, !appender.isWriteLeft { parts.progress.enter(.open) }
        guard appender.last > parts.progress.written else { return }
        parts.counters.noteBatch(total: appender.bytesWritten)
        // The time after the write: what it covers cannot have been acknowledged before.
        parts.progress.noteWritten(appender.last, at: parts.time.monotonicMilliseconds)
        syncer.noteWritten()
        if parts.progress.policy != .always { parts.listener.logMoved() }
    }

    /// Whether changes may come depends on the room that the disk has besides what the segment still takes.
    func lookAtRoom() {
        guard let space = try? DiskSpace(of: parts.store.disk) else { return }
        let hasRoom = max(0, space.spare) + appender.roomLeft > DiskSpace.leastSegment
        switch parts.progress.state {
        case .open where !hasRoom: parts.progress.enter(.full)
        case .full where hasRoom: parts.progress.enter(.open)
        default: break
        }
    }

    /// Closes the segment when everything has been written and nobody writes any more: sync, mark, manifest.
    func close() {
        guard parts.progress.state != .failed else { return }
        do throws(SystemError) {
            try appender.sealOff()
            try syncer.note(appender.last, isComplete: true)
            let closing = appender.closing
            try parts.store.update { $0.segments[$0.segments.count - 1].closing = closing }
        } catch {
            parts.failed(error)
        }
    }
}
