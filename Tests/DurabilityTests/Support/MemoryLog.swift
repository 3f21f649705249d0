import Bytes
import CacheModel
import Posix
import Synchronization

@testable import Durability

/// A log in memory: what an engine tells it, in order, with the digest after each record.
final class MemoryLog: EffectReader, SnapshotLog {
    struct Kept: Sendable {
        var effect: [UInt8]
        var position: Position
        var remaining: Int
        var digestChange: UInt64
    }

    private let kept = Mutex<[Kept]>([])
    private let current: Mutex<Manifest>

    init(hashSecret: (UInt64, UInt64), history: HistoryID = HistoryID(high: 1, low: 2)) {
        current = Mutex(Manifest(history: history, hashSecret: hashSecret, epoch: 1))
    }

    func record(_ effect: borrowing Effect, at position: Position, remaining: Int, digestChange: UInt64) {
        var bytes = IOBuffer()
        SnapshotRecord.append(effect, at: position, remaining: remaining, to: &bytes)
        let record = Kept(
            effect: bytes.readable.copied(), position: position, remaining: remaining, digestChange: digestChange)
        kept.withLock { $0.append(record) }
    }

    /// All records in order.
    var records: [Kept] { kept.withLock { $0 }.sorted { $0.position < $1.position } }

    /// Where a log of these records stands: behind the last that has all before it, at the end of a group.
    func point() throws(SnapshotFailure) -> LogPoint {
        var point = LogPoint(position: .none, logTime: Instant(milliseconds: 0), digest: 0)
        var digest: UInt64 = 0
        var last = Position.none
        for record in records {
            guard last == .none || record.position.follows(last) else { break }
            last = record.position
            digest &+= record.digestChange
            guard record.remaining == 0 else { continue }
            point = LogPoint(
                position: last, logTime: Instant(milliseconds: Int64(last.number)), digest: digest)
        }
        return point
    }

    func read(
        after start: Position, through end: Position, _ body: (borrowing Effect, Position, Int) -> Void
    ) throws(SnapshotFailure) {
        for record in records where record.position > start && record.position <= end {
            do throws(SnapshotFlaw) {
                _ = try SnapshotRecord.readAll(record.effect.span) { body($0, $1, record.remaining) }
            } catch {
                throw .log(error.description)
            }
        }
    }

    func sync(through position: Position) throws(SnapshotFailure) {}

    var bytesWritten: UInt64 { kept.withLock { $0.reduce(0) { $0 + UInt64($1.effect.count) } } }

    var manifest: Manifest { current.withLock { $0 } }

    func changeManifest(
        _ change: (inout Manifest) throws(SnapshotFailure) -> Void
    ) throws(SnapshotFailure) {
        var changed = manifest
        try change(&changed)
        let made = changed
        current.withLock { $0 = made }
    }
}
