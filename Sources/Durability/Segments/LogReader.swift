import Bytes
import CacheModel
import Posix

/// Reads the log of a directory in order, also while it is written: for the tail of a snapshot, for restores to a
/// moment and for the tools. Changes nothing and needs no lock. Memory: a piece of a segment and one record.
package struct LogReader: Sendable {
    package let disk: any Disk
    package let manifest: Manifest

    package init(disk: any Disk, manifest: Manifest) {
        self.disk = disk
        self.manifest = manifest
    }

    /// Gives the effects behind `start` up to `end` in order, with position, log time and how many further records
    /// belong to the same atomic group.
    /// - Throws: `damage` for a flaw, and where the log begins behind `start` or ends before `end`. What was given
    ///   before it is right.
    package func read(
        after start: Position, through end: Position, _ body: (borrowing Effect, RecordHeader) -> Void
    ) throws(RecoveryError) {
        var last = start
        var place = (manifest.segments.last ?? SegmentEntry(id: 0, first: start), 0)
        try walk(after: start) { (record, segment, content) in
            last = record.header.position
            place = (segment, record.offset + record.header.length)
            if last > end { return false }
            if case .effect(let effect) = content { body(effect, record.header) }
            return last < end
        }
        guard last >= end else {
            let reason = "the log ends before position \(end.text)"
            throw .damage(LogDamage(place.0, at: place.1, last: last, reason: reason))
        }
    }

    /// The last place, not inside an atomic group, whose log time is at or before `time`: nothing up to it happened
    /// later. Nil when all the log there is happened later.
    package func moment(at time: Instant) throws(RecoveryError) -> LogEnd? {
        var found: LogEnd?
        // A closed segment that ends in time need not be read.
        let skipped = manifest.segments.prefix { $0.closing.map { $0.lastTime <= time } ?? false }
        if let closing = skipped.last?.closing { found = closing.end }
        try walk(after: found?.last ?? .none) { (record, _, _) in
            if record.header.logTime > time { return false }
            if record.header.remaining == 0 {
                found = LogEnd(last: record.header.position, lastTime: record.header.logTime)
            }
            return true
        }
        return found
    }

    /// The header of the record at a position, with its times; nil when the log does not hold it.
    package func record(at position: Position) throws(RecoveryError) -> RecordHeader? {
        guard let first = manifest.segments.first, position >= first.first else { return nil }
        var found: RecordHeader?
        try walk(after: position.predecessor) { (record, _, _) in
            if record.header.position == position { found = record.header }
            return record.header.position < position
        }
        return found
    }

    /// Every record behind `start` in order, control records too, with the segment it is in, until `body` says false.
    ///
    /// What lies behind the last whole record of an open segment is taken for the place where it is being written.
    package func walk(
        after start: Position, _ body: (PlacedRecord, SegmentEntry, borrowing RecordContent) -> Bool
    ) throws(RecoveryError) {
        let index = manifest.segments.firstIndex { $0.closing.map { $0.last.number > start.number } ?? true }
        guard let index else { return }
        if let first = manifest.segments.first, start != .none, first.first.number > start.number + 1 {
            let reason = "the log begins at position \(first.first.text)"
            throw .damage(LogDamage(first, at: 0, last: start, reason: reason))
        }
        var before = index > 0 ? manifest.segments[index - 1].closing?.end : nil
        for entry in manifest.segments[index...] {
            let segment = try SegmentFile(entry, of: manifest.history, on: disk)
            guard let end = try Self.walk(segment, before, after: start, body) else { return }
            before = end
        }
    }

    /// How the segment ends; nil when `body` wanted no more.
    private static func walk(
        _ segment: SegmentFile, _ before: LogEnd?, after start: Position,
        _ body: (PlacedRecord, SegmentEntry, borrowing RecordContent) -> Bool
    ) throws(RecoveryError) -> LogEnd? {
        var window = SegmentWindow(segment)
        var walk = RecordWalk(segment.header, after: before)
        while true {
            do throws(SystemError) { try window.hold(recordAt: walk.offset) } catch { throw .system(error) }
            do throws(RecordFlaw) {
                guard let record = try walk.next(in: window.bytes, from: window.start) else { break }
                let content = try RecordContent.read(record.header, in: window.bytes, at: record.offset - window.start)
                if record.header.position.number > start.number, !body(record, segment.entry, content) { return nil }
                Thread.giveWay(atStep: Int(record.header.position.number))
            } catch {
                guard segment.entry.closing == nil, error.canBeTorn else {
                    throw .flaw(error, in: segment.entry, at: walk.end)
                }
                break
            }
        }
        if let closing = segment.entry.closing { try check(walk, closing, segment.entry) }
        return walk.end.log
    }

    private static func check(
        _ walk: RecordWalk, _ closing: SegmentClosing, _ entry: SegmentEntry
    ) throws(RecoveryError) {
        guard closing.last == walk.last, closing.length == walk.offset else {
            throw .flaw(.short, in: entry, at: walk.end)
        }
        guard walk.groupLeft == 0 else { throw .flaw(.group, in: entry, at: walk.end) }
    }
}
