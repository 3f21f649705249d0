import Bytes
import CacheModel
import Synchronization

/// Where a record lies in a batch, and what else is to be known of it.
struct QueuedRecord: Sendable {
    var number: UInt64
    var start: Int
    var length: Int
    /// How many further records belong to its atomic group.
    var remaining: Int
    var digestChange: UInt64
}

/// Records as the shards make them: framed into one buffer under a lock that is held for the copying.
///
/// Numbers are given out under the shards' locks, so records of different shards may arrive slightly out of order;
/// whoever takes them puts them in order (``LogBatch``).
final class LogQueue: Sendable {
    private struct Content: ~Copyable {
        var bytes = IOBuffer()
        var records: [QueuedRecord] = []
    }

    private let content = Mutex(Content())
    private let waiting = Atomic<Int>(0)

    /// Bytes that nobody has taken yet.
    /// Ordered with whether the log thread sleeps: one of the two sides sees the other (`DurableLog/kick()`).
    var byteCount: Int { waiting.load(ordering: .sequentiallyConsistent) }

    func append(_ effect: borrowing Effect, at position: Position, remaining: Int, digestChange: UInt64) {
        let effect = copy effect
        content.withLock { content in
            let start = content.bytes.count
            let length = RecordFrame.append(effect, at: position, remaining: remaining, to: &content.bytes)
            content.records.append(
                QueuedRecord(
                    number: position.number, start: start, length: length, remaining: remaining,
                    digestChange: digestChange))
            waiting.store(start + length, ordering: .sequentiallyConsistent)
        }
    }

    /// Takes all records, in exchange for empty buffers.
    func take(_ bytes: inout IOBuffer, _ records: inout [QueuedRecord]) {
        precondition(bytes.isEmpty && records.isEmpty, "records are taken into empty hands")
        content.withLock { content in
            swap(&content.bytes, &bytes)
            swap(&content.records, &records)
            waiting.store(0, ordering: .relaxed)
        }
    }
}
