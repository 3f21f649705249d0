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
    let manifest: Manifest

    init(hashSecret: (UInt64, UInt64), history: HistoryID = HistoryID(high: 1, low: 2)) {
        manifest = Manifest(
            history: history, hashSecret: hashSecret, epoch: 1, start: Position(epoch: 1, number: 1))
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

    func point(atLeast position: Position) throws(SnapshotFailure) -> LogPoint {
        while true {
            let point = point
            if point.position >= position { return point }
        }
    }

    /// Where a log of these records stands: behind the last that has all before it, at the end of a group.
    private var point: LogPoint {
        var point = LogPoint(position: Position(epoch: 1, number: 0), logTime: Instant(milliseconds: 0), digest: 0)
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
}
