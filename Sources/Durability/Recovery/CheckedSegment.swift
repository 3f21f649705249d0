import Bytes
import CacheModel

/// A segment whose every record is sound, cut up for several threads: the records of one key are in one lane, in order.
final class CheckedSegment: Sendable {
    /// Records to apply, twelve bytes each.
    struct Lane: Sendable {
        /// Where they start in the segment.
        private(set) var offsets: [UInt32] = []
        /// Of each the hash that its hint has, 0 without one.
        private var hashes: [UInt64] = []
        /// Those up to each digest of the segment, then those up to its end.
        private(set) var stretches: [Stretch] = []
        private var hasBoards = false

        mutating func append(_ offset: Int, _ kind: Kind, _ hint: KeyHint?) {
            offsets.append(UInt32(offset))
            hashes.append(hint?.hash ?? 0)
            if kind == .boards { hasBoards = true }
        }

        mutating func endStretch() {
            stretches.append(Stretch(end: offsets.count, hasBoards: hasBoards))
            hasBoards = false
        }

        func hint(at index: Int) -> KeyHint? {
            index < hashes.count && hashes[index] != 0 ? KeyHint(hash: hashes[index]) : nil
        }
    }

    /// Records of a lane that follow each other.
    struct Stretch: Sendable {
        /// How many of the lane's records lie before its end.
        var end: Int
        /// Whether rows of boards are among them.
        var hasBoards: Bool
    }

    /// What the state must come to behind some of the records, and the record that says so.
    struct Digest: Sendable {
        var value: UInt64
        var place: PlacedRecord
    }

    private struct Parts {
        var lanes: [Lane]
        var digests: [Digest] = []
        var records = 0
        var end = WalkEnd(offset: 0, log: LogEnd(last: .none, lastTime: Instant(milliseconds: .min)))

        mutating func endStretch() {
            for lane in lanes.indices { lanes[lane].endStretch() }
        }
    }

    let segment: SegmentBytes
    private let parts: Parts

    var lanes: [Lane] { parts.lanes }
    var digests: [Digest] { parts.digests }
    /// How many there are to apply.
    var records: Int { parts.records }
    var end: WalkEnd { parts.end }

    /// Checks a segment up to `length`, or the length it was closed with.
    /// - Parameters:
    ///   - before: how the log before it ended, nil for the first.
    ///   - base: records up to here are in the state already.
    ///   - state: what the records will be applied to, which finds what is wrong inside of them, but for those that are
    ///     in the state already; nil to look for that now.
    init(
        _ segment: SegmentBytes, upTo length: Int? = nil, after before: LogEnd?, base: Position, lanes: Int,
        for state: (any ReplayState)? = nil
    ) throws(RecoveryError) {
        self.segment = segment
        let end = length ?? segment.bytes.count
        parts = try Self.check(segment, segment.bytes, upTo: end, before, base, lanes, state)
    }

    private static func check(
        _ segment: SegmentBytes, _ buffer: borrowing IOBuffer, upTo length: Int, _ before: LogEnd?, _ base: Position,
        _ lanes: Int, _ state: (any ReplayState)?
    ) throws(RecoveryError) -> Parts {
        let bytes = buffer.readable.extracting(0..<length)
        var walk = RecordWalk(segment.header, after: before)
        var parts = Parts(lanes: Array(repeating: Lane(), count: lanes))
        do throws(RecordFlaw) {
            while let record = try walk.next(in: bytes) {
                if state == nil { _ = try RecordContent.read(record.header, in: bytes, at: record.offset) }
                let subject = try RecordSubject.read(record.header, in: bytes, at: record.offset)
                if record.header.position < base { continue }
                switch subject {
                case .entry(let key, let kind):
                    if record.header.position == base { continue }
                    let hint = state?.hint(for: key, of: kind)
                    parts.lanes[Self.lane(of: key, kind, hint, lanes)].append(record.offset, kind, hint)
                    parts.records += 1
                case .control(.digest(let digest)):
                    parts.digests.append(Digest(value: digest, place: record))
                    parts.endStretch()
                case .control: break
                }
            }
        } catch {
            throw .flaw(error, in: segment.entry, at: walk.end)
        }
        parts.endStretch()
        parts.end = walk.end
        try checkClosing(segment.entry, bytes, walk)
        return parts
    }

    /// Records of one key go the same way, and so do all of boards: a board's row may take others with it. Hints of one
    /// part of the state are close to each other, so lanes seldom meet.
    private static func lane(of key: Span<UInt8>, _ kind: Kind, _ hint: KeyHint?, _ lanes: Int) -> Int {
        if lanes == 1 || kind == .boards { return 0 }
        if let hint { return Int(hint.hash.multipliedFullWidth(by: UInt64(lanes)).high) }
        return Int(CRC32C.of(key) % UInt32(lanes))
    }

    /// The manifest and the file say the same.
    private static func checkClosing(
        _ entry: SegmentEntry, _ bytes: Span<UInt8>, _ walk: RecordWalk
    ) throws(RecoveryError) {
        guard walk.groupLeft == 0 else { throw .flaw(.group, in: entry, at: walk.end) }
        guard walk.offset == bytes.count else { throw .flaw(.length(0), in: entry, at: walk.end) }
        guard let closing = entry.closing else { return }
        guard walk.isLast(closing.last), closing.checksum == CRC32C.of(bytes) else {
            let reason = "the file is not the one that was closed"
            throw .damage(LogDamage(entry, at: walk.offset, last: walk.last, reason: reason))
        }
    }
}
