import Bytes
import CacheModel
import Posix

@testable import Durability

/// How much a client is promised.
enum TestPolicy: CaseIterable, Sendable { case always, everysec, no }

/// A log thread without a thread: writes batches of made-up changes, syncs as its policy says, and remembers what it
/// promised. Deterministic: the same seed makes the same calls of the disk.
struct TestLog: ~Copyable {
    let policy: TestPolicy
    private let store: ManifestStore
    private let state: any DurableState
    private var log: OpenLog
    private var random: SplitMix64
    private let segmentBytes: Int
    private var next: Position
    private var now: Int64
    private var synced: Position
    private var markedInLog: Position
    private var firstUnsynced: Int64?
    private var sinceDigest = 0

    init(
        _ recovered: consuming Recovered, policy: TestPolicy, seed: UInt64, now: Int64, segmentBytes: Int = 10 << 10
    ) {
        self.policy = policy
        store = recovered.store
        state = recovered.state
        let end = recovered.end
        next = Position(epoch: store.current.epoch, number: end.last.number + 1)
        synced = end.last
        markedInLog = .none
        self.now = max(now, end.lastTime.milliseconds)
        log = recovered.takeLog()
        random = SplitMix64(seed: seed)
        self.segmentBytes = segmentBytes
    }

    /// Where the last record ends in its segment.
    var length: Int { log.writer.length }

    /// Writes one batch. Its records are told to `ledger` before, and acknowledged in it when the policy says so.
    mutating func writeBatch(_ ledger: inout Ledger) throws(SystemError) {
        now += Int64(random.next() % 200)
        var buffer = IOBuffer()
        if markedInLog != synced {
            RecordFrame.append(.mark(synced), at: log.writer.last, to: &buffer)
            markedInLog = synced
        }
        for _ in 0..<random.next() % 4 + 1 { appendGroup(&ledger, &buffer) }
        if sinceDigest >= 7 {
            RecordFrame.append(.digest(state.digest), at: ledger.last, to: &buffer)
            sinceDigest = 0
        }
        log.writer.seal(&buffer, from: 0, logTime: Instant(milliseconds: now), wallTime: Instant(milliseconds: now))
        do throws(PartialWrite) { try log.writer.write(buffer.readable) } catch { throw error.error }
        firstUnsynced = firstUnsynced ?? now
        try finishBatch(&ledger)
    }

    /// Acknowledges what the policy allows.
    private mutating func finishBatch(_ ledger: inout Ledger) throws(SystemError) {
        switch policy {
        case .always: try sync()
        case .everysec: if now - firstUnsynced! >= 500 { try sync() }
        case .no: break
        }
        ledger.acknowledge(through: ledger.last, at: now)
        if log.writer.length > segmentBytes { try rotate() }
    }

    private mutating func sync() throws(SystemError) {
        try log.writer.file.sync()
        synced = log.writer.last
        firstUnsynced = nil
        try log.marks.write(DurableMark(position: synced, isComplete: policy == .always))
    }

    private mutating func rotate() throws(SystemError) {
        try sync()
        let closing = log.writer.closing
        let id = store.takeFile()
        let header = SegmentHeader(
            history: store.current.history, id: id, firstPosition: next, madeAt: Instant(milliseconds: now))
        log.writer = try SegmentWriter(
            header, after: closing.end, room: random.next() & 1 == 0 ? 0 : segmentBytes, on: store.disk)
        try store.begin(SegmentEntry(id: id, first: next), closing: closing)
        markedInLog = .none
    }

    /// One change, or an atomic group of up to four.
    private mutating func appendGroup(_ ledger: inout Ledger, _ buffer: inout IOBuffer) {
        let count = random.next() % 4 == 0 ? Int(random.next() % 3) + 2 : 1
        for remaining in (0..<count).reversed() {
            let effect = makeEffect()
            let position = next
            effect.with { effect in
                _ = RecordFrame.append(effect, at: position, remaining: remaining, to: &buffer)
                state.apply(effect, at: position)
            }
            ledger.records.append(
                Ledger.Record(
                    position: position, remaining: remaining, effect: effect,
                    time: Instant(milliseconds: now)))
            next = Position(epoch: next.epoch, number: next.number + 1)
            sinceDigest += 1
        }
    }

    private mutating func makeEffect() -> OwnedEffect {
        let kinds: [RecordKind] = [.put, .put, .put, .extend, .truncate, .lifetime, .delete]
        let kind = kinds[Int(random.next() % UInt64(kinds.count))]
        var effect = OwnedEffect(kind: kind, key: Array("key\(random.next() % 12)".utf8))
        let isLong = random.next() % 16 == 0
        let count = Int(random.next() % (isLong ? 9000 : 60))
        effect.bytes = kind == .put || kind == .extend ? (0..<count).map { UInt8(truncatingIfNeeded: $0) } : []
        if count >= 8 && !effect.bytes.isEmpty {
            // Every value is told apart by the number it begins with.
            var number = next.packed
            for index in 0..<8 {
                effect.bytes[index] = UInt8(truncatingIfNeeded: number)
                number >>= 8
            }
        }
        effect.length = count
        // Without a version there is nothing to keep, and the log does not say until when.
        if kind == .delete { effect.state.freshUntil = effect.state.modifiedAt }
        if kind == .lifetime {
            effect.state.lifetime = Lifetime(expiresAt: Instant(milliseconds: now + Int64(count)))
            effect.state.freshUntil = effect.state.lifetime.expiresAt
        }
        return effect
    }
}

/// What was asked of a log and what it promised.
struct Ledger {
    struct Record {
        var position: Position
        var remaining: Int
        var effect: OwnedEffect
        /// Its log time.
        var time: Instant
        var acknowledgedAt: Int64?
    }

    var records: [Record] = []
    /// The position before the first record.
    var start = Position.none

    var last: Position { records.last?.position ?? start }
    var acknowledged: Int { records.lastIndex { $0.acknowledgedAt != nil }.map { $0 + 1 } ?? 0 }

    mutating func acknowledge(through position: Position, at time: Int64) {
        for index in records.indices.reversed() {
            if records[index].acknowledgedAt != nil { return }
            if records[index].position <= position { records[index].acknowledgedAt = time }
        }
    }

    /// The state after the first `count` records.
    func fold(_ count: Int) -> FoldedState {
        let state = FoldedState(last: start)
        for record in records[..<count] { record.effect.with { state.apply($0, at: record.position) } }
        return state
    }
}
