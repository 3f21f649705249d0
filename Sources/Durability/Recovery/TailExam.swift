import Bytes
import CacheModel

/// Where the log ends: what a crash or a loss of power left of the last segment.
///
/// An invalid record is a *torn tail* when nothing behind it says that it was once synced; then everything from it on
/// is cut, valid records too, since disks persist blocks out of order. A mark behind it, carried by a later batch, that
/// covers its position says that the disk held it once: that is *damage*, and refused. An atomic group of which a
/// record is missing is cut whole.
///
/// A record that passes its checksum but contradicts the one before it, or is of an unknown kind, was never torn:
/// refused too.
package struct TailExam: Sendable {
    /// Behind the last whole record that counts.
    package private(set) var end: WalkEnd
    /// Behind the last whole group that is known to be synced: what follows is written again.
    package private(set) var durableEnd: WalkEnd
    /// The highest position known to be synced, from the mark file and the marks in the segment.
    package private(set) var durable: Position
    /// What is wrong with the bytes at `end`, nil when the log ends in order.
    package private(set) var flaw: RecordFlaw?
    /// Bytes behind `end` up to the last that is not zero.
    package private(set) var tornBytes: Int

    /// - Parameters:
    ///   - before: how the log before the segment ended, nil for the first.
    ///   - mark: what the mark file says.
    package init(
        _ segment: SegmentBytes, after before: LogEnd?, mark: DurableMark?
    ) throws(RecoveryError) {
        try self.init(segment, segment.bytes, before, mark)
    }

    private init(
        _ segment: SegmentBytes, _ buffer: borrowing IOBuffer, _ before: LogEnd?, _ mark: DurableMark?
    ) throws(RecoveryError) {
        let bytes = buffer.readable
        var walk = RecordWalk(segment.header, after: before)
        durable = max(mark?.position ?? .none, walk.last)
        do throws(RecordFlaw) {
            while let record = try walk.next(in: bytes) {
                let content = try RecordContent.read(record.header, in: bytes, at: record.offset)
                if case .control(.mark(let position)) = content { durable = max(durable, position) }
            }
            flaw = walk.groupLeft > 0 ? .group : nil
        } catch {
            guard error.canBeTorn else { throw .flaw(error, in: segment.entry, at: walk.end) }
            flaw = error
        }
        end = walk.wholeEnd
        tornBytes = max(0, bytes.contentEnd - walk.wholeEnd.offset)
        durableEnd = end
        if let flaw, let mark = Self.markBehind(end, in: bytes, segment.header) {
            let reason = "\(flaw), but a mark behind it says that the log was synced up to \(mark.text)"
            throw .damage(LogDamage(segment.entry, at: end.offset, last: end.log.last, reason: reason))
        }
        durableEnd = Self.wholeEnd(through: durable, in: bytes, of: segment, after: before, upTo: end)
    }

    /// Behind the last record, and whole group, up to `position`. A control record behind it, which has its position,
    /// was written later and so counts as unsynced.
    private static func wholeEnd(
        through position: Position, in bytes: Span<UInt8>, of segment: SegmentBytes, after before: LogEnd?,
        upTo end: WalkEnd
    ) -> WalkEnd {
        var walk = RecordWalk(segment.header, after: before)
        var found = walk.end
        while walk.offset < end.offset, let record = try? walk.next(in: bytes) {
            if walk.last > position { break }
            if walk.groupLeft == 0, !record.header.kind.isControl { found = walk.end }
        }
        return found
    }

    /// The highest position at or past the one missing at `end` that a whole mark of this segment behind `end` names.
    ///
    /// A mark is told by its length, kind, position, stamp and checksum at any byte: what lies before it may be
    /// unreadable, so nothing says where records start. The stamp keeps a client's value from passing for one.
    private static func markBehind(_ end: WalkEnd, in bytes: Span<UInt8>, _ header: SegmentHeader) -> Position? {
        let length = RecordHeader.size + 16
        let lengthOffset = 4
        let kindOffset = 12
        var found: Position?
        var offset = end.offset
        while offset + length <= bytes.count {
            defer { offset += 1 }
            guard bytes[offset + kindOffset] == RecordKind.mark.rawValue,
                bytes.loadLittleEndian(UInt32.self, at: offset + lengthOffset) == UInt32(length),
                bytes.loadLittleEndian(UInt64.self, at: offset + length - 8) == header.stamp,
                (try? RecordHeader.read(bytes, at: offset, following: nil)) != nil
            else { continue }
            let position = Position(
                packed: bytes.loadLittleEndian(UInt64.self, at: offset + RecordHeader.size))
            if position.number > end.log.last.number { found = max(found ?? .none, position) }
        }
        return found
    }
}

extension RecordFlaw {
    /// Whether a write that was interrupted, or of which the disk kept a part, can have left this.
    var canBeTorn: Bool {
        switch self {
        case .short, .length, .checksum, .link: true
        case .reserved, .position, .time, .kind, .entryKind, .body, .group, .stamp: false
        }
    }
}

extension Span where Element == UInt8 {
    /// How many bytes there are up to the last that is not zero.
    var contentEnd: Int {
        var end = count
        while end >= 8, loadLittleEndian(UInt64.self, at: end - 8) == 0 { end -= 8 }
        while end > 0, self[end - 1] == 0 { end -= 1 }
        return end
    }
}
