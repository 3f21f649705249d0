import Bytes
import CacheModel

extension EmbeddedEngine {
    /// Applies a record of the log: what an engine that starts again, or follows another, is rebuilt from.
    ///
    /// Idempotent: a record is applied only to an entry that is older than it; a change of lifetime, whose entry keeps
    /// its position, is absolute and may be applied twice. Nothing is evicted to make room: what left is in the log.
    /// Positions given out afterwards are higher.
    package func apply(_ effect: borrowing Effect, at position: Position) {
        context.pointee.advance(past: position)
        switch copy effect {
        case .put(let key, let value, let fields, let state):
            onShard(of: key) { shard, key, hash in
                shard.replayPut(key, hash, RawBytes(value), RawBytes(fields), state, position)
            }
        case .extend(let key, let bytes, let end, let modifiedAt):
            onShard(of: key) { shard, key, hash in
                shard.replayExtend(key, hash, RawBytes(bytes), end, modifiedAt, position)
            }
        case .truncate(let key, let length, let modifiedAt):
            onShard(of: key) { shard, key, hash in shard.replayTruncate(key, hash, length, modifiedAt, position) }
        case .lifetime(let key, let lifetime, let freshUntil):
            onShard(of: key) { shard, key, hash in
                shard.replayLifetime(key, hash, EntryTimes(lifetime, freshUntil: freshUntil), position)
            }
        case .delete(let key, let reason, let at, let version, let keptUntil):
            onShard(of: key) { shard, key, hash in
                let deletion = version.map { CallerDeletion(version: $0, keptUntil: keptUntil) }
                shard.replayDelete(key, hash, reason, at, deletion, position)
            }
        }
    }

    private func onShard(of key: Span<UInt8>, _ body: (inout Shard, RawBytes, UInt64) -> Void) {
        let key = RawBytes(key)
        let hash = hasher.hash(key)
        locked(shard(hash)) {
            body(&$0, key, hash)
            // What was read from the log is not news to it.
            $0.recordedDigest = $0.digest
            // What has ended since is for the log to say, not for this engine's clock.
            $0.payForWaste(Instant(milliseconds: .min))
        }
    }
}
