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

        mutating func append(_ offset: Int, _ hint: KeyHint?) {
            offsets.append(UInt32(offset))
            hashes.append(hint?.hash ?? 0)
        }

        func hint(at index: Int) -> KeyHint? {
            index < hashes.count && hashes[index] != 0 ? KeyHint(hash: hashes[index]) : nil
        }
    }

    /// Records up to a digest, or to the end.
    struct Stretch: Sendable {
        var lanes: [Lane]
        var records = 0
        /// What the state must come to behind them, and the record that says so.
        var digest: (value: UInt64, place: PlacedRecord)?

        init(lanes: Int) { self.lanes = Array(repeating: Lane(), count: lanes) }
    }

    let segment: SegmentBytes
    let stretches: [Stretch]
    let end: WalkEnd

    /// Checks a segment up to `length`, or the length it was closed with.
    /// - Parameters:
    ///   - before: how the log before it ended, nil for the first.
    ///   - base: records up to here are in the state already.
    ///   - state: what the records will be applied to, if they will.
    init(
        _ segment: SegmentBytes, upTo length: Int? = nil, after before: LogEnd?, base: Position, lanes: Int,
        for state: (any DurableState)? = nil
    ) throws(RecoveryError) {
        self.segment = segment
        let end = length ?? segment.bytes.count
        let parts = try Self.check(segment, segment.bytes, upTo: end, before, base, lanes, state)
        stretches = parts.stretches
        self.end = parts.end
    }

    private static func check(
        _ segment: SegmentBytes, _ buffer: borrowing IOBuffer, upTo length: Int, _ before: LogEnd?, _ base: Position,
        _ lanes: Int, _ state: (any DurableState)?
    ) throws(RecoveryError) -> (stretches: [Stretch], end: WalkEnd) {
        let bytes = buffer.readable.extracting(0..<length)
        var walk = RecordWalk(segment.header, after: before)
        var stretches: [Stretch] = []
        var stretch = Stretch(lanes: lanes)
        do throws(RecordFlaw) {
            while let record = try walk.next(in: bytes) {
                let content = try RecordContent.read(record.header, in: bytes, at: record.offset)
                if record.header.position < base { continue }
                switch content {
                case .effect(let effect):
                    if record.header.position == base { continue }
                    let hint = state?.hint(for: effect.key, of: effect.kind)
                    let lane = Self.lane(of: effect, hint, lanes)
                    stretch.lanes[lane].append(record.offset, hint)
                    stretch.records += 1
                case .control(.digest(let digest)):
                    stretch.digest = (digest, record)
                    stretches.append(stretch)
                    stretch = Stretch(lanes: lanes)
                case .control: break
                }
            }
        } catch {
            throw .flaw(error, in: segment.entry, at: walk.end)
        }
        stretches.append(stretch)
        try checkClosing(segment.entry, bytes, walk)
        return (stretches, walk.end)
    }

    /// Records of one key go the same way, and so do all of boards: a board's row may take others with it. Hints of one
    /// part of the state are close to each other, so lanes seldom meet.
    private static func lane(of effect: borrowing Effect, _ hint: KeyHint?, _ lanes: Int) -> Int {
        if lanes == 1 || effect.kind == .boards { return 0 }
        if let hint { return Int(hint.hash.multipliedFullWidth(by: UInt64(lanes)).high) }
        return Int(CRC32C.of(effect.key) % UInt32(lanes))
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

    /// How many records ahead of its turn a record's slot of the index is asked for, then its entry: what takes less
    /// than a wait for memory a record must begin some records earlier.
    private static let indexAhead = 16
    private static let entryAhead = 8

    /// Applies one lane of a stretch.
    func apply(_ stretch: Int, lane: Int, to state: any DurableState) {
        let lane = stretches[stretch].lanes[lane]
        for (index, offset) in lane.offsets.enumerated() {
            if let hint = lane.hint(at: index + Self.indexAhead) { state.prefetchIndex(hint) }
            if let hint = lane.hint(at: index + Self.entryAhead) { state.prefetchEntry(hint) }
            apply(segment.bytes, at: Int(offset), to: state)
        }
    }

    private func apply(_ buffer: borrowing IOBuffer, at offset: Int, to state: any DurableState) {
        let bytes = buffer.readable
        guard let header = RecordHeader.peek(bytes, at: offset),
            case .effect(let effect)? = try? RecordContent.read(header, in: bytes, at: offset)
        else { preconditionFailure("a record changed after it was checked") }
        state.apply(effect, at: header.position)
    }
}
