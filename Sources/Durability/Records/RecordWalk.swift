import Bytes
import CacheModel

/// Goes through the records of a segment one after the other and checks each against the one before: link, position,
/// log time, atomic group. Every byte that counts is covered by a checksum that the next record is linked to.
package struct RecordWalk: Sendable {
    /// Where the next record starts.
    package private(set) var offset: Int
    /// The checksum the next record is linked to.
    package private(set) var link: UInt32
    /// The position of the last record, or of the one before the segment.
    package private(set) var last: Position
    /// The log time of the last record.
    package private(set) var lastTime: Instant
    /// How many records are missing of an atomic group that has begun.
    package private(set) var groupLeft: Int
    /// Where the group that has begun begins: what lies from here on counts only as a whole.
    package private(set) var groupStart: WalkEnd?
    /// Whether `last` is known with its epoch.
    private var knowsLast: Bool
    private let stamp: UInt64
    private let first: Position

    /// Begins behind the header of a segment.
    /// - Parameter before: how the log before ended, nil for the first segment there is.
    package init(_ header: SegmentHeader, after before: LogEnd?) {
        offset = SegmentHeader.size
        link = header.checksum
        stamp = header.stamp
        first = header.firstPosition
        last = before?.last ?? first.predecessor
        lastTime = before?.lastTime ?? Instant(milliseconds: .min)
        groupLeft = 0
        knowsLast = before != nil
    }

    /// Where the walk stands.
    package var end: WalkEnd {
        WalkEnd(offset: offset, log: LogEnd(last: last, lastTime: lastTime))
    }

    /// Whether the last record is at this position. Before the first record of the first segment only the number of the
    /// last is known: the log before may have ended in an earlier epoch.
    package func isLast(_ position: Position) -> Bool {
        knowsLast ? position == last : position.number == last.number
    }

    /// Where the last whole group, or record that belongs to none, ends.
    package var wholeEnd: WalkEnd { groupLeft > 0 ? groupStart ?? end : end }

    /// The next record and where it starts. Nil at the end of the bytes, or where nothing but zeros follows in them.
    /// - Parameters:
    ///   - bytes: of the segment, from `start` on; the walk stands among them.
    package mutating func next(in bytes: Span<UInt8>, from start: Int = 0) throws(RecordFlaw) -> PlacedRecord? {
        let place = offset - start
        guard place < bytes.count else { return nil }
        let header: RecordHeader
        do throws(RecordFlaw) {
            header = try RecordHeader.read(bytes, at: place, following: link)
        } catch {
            if bytes.isZero(from: place) { return nil }
            throw error
        }
        try check(header, bytes, at: place)
        let placed = PlacedRecord(header: header, offset: offset)
        advance(past: header)
        return placed
    }

    private func check(_ header: RecordHeader, _ bytes: Span<UInt8>, at place: Int) throws(RecordFlaw) {
        guard header.logTime >= lastTime else { throw .time }
        if header.kind.isControl {
            guard isLast(header.position) else {
                throw .position(header.position, after: last)
            }
            if header.kind == .mark {
                let stampOffset = place + RecordHeader.size + 8
                guard header.length == RecordHeader.size + 16,
                    bytes.loadLittleEndian(UInt64.self, at: stampOffset) == stamp
                else { throw .stamp }
            }
            return
        }
        // The first record of the segment is the one its header names.
        let isNext = last.number + 1 == first.number ? header.position == first : header.position.follows(last)
        guard isNext, header.position.number == last.number + 1 else {
            throw .position(header.position, after: last)
        }
        guard groupLeft == 0 || header.remaining == groupLeft - 1 else { throw .group }
    }

    private mutating func advance(past header: RecordHeader) {
        if !header.kind.isControl {
            if groupLeft == 0 { groupStart = end }
            groupLeft = header.remaining
        }
        offset += header.length
        link = header.checksum
        last = header.position
        lastTime = header.logTime
        knowsLast = true
    }
}

/// A record and where it starts in its segment.
package struct PlacedRecord: Sendable, Equatable {
    package var header: RecordHeader
    package var offset: Int
}

/// A place between two records of a segment.
package struct WalkEnd: Sendable, Equatable {
    package var offset: Int
    package var log: LogEnd
}

/// The last record of a log or of a part of it.
package struct LogEnd: Sendable, Equatable {
    package var last: Position
    package var lastTime: Instant

    package init(last: Position, lastTime: Instant) {
        self.last = last
        self.lastTime = lastTime
    }
}

extension Position {
    /// The position before this one in the same epoch; for number 0 itself.
    var predecessor: Position { number == 0 ? self : Position(packed: packed - 1) }
}

extension Span where Element == UInt8 {
    /// Whether all bytes from `start` on are zeros.
    func isZero(from start: Int) -> Bool {
        var index = start
        while index + 8 <= count {
            if loadLittleEndian(UInt64.self, at: index) != 0 { return false }
            index += 8
        }
        while index < count {
            if self[index] != 0 { return false }
            index += 1
        }
        return true
    }
}
