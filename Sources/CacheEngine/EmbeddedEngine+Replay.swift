import Bytes
import CacheModel

extension EmbeddedEngine {
    /// Applies a record of the log: what an engine that starts again, or follows another, is rebuilt from.
    ///
    /// Idempotent: a record is applied only to an entry that is older than it; a change of lifetime, whose entry keeps
    /// its position, is absolute and may be applied twice. Nothing is evicted to make room: what left is in the log.
    /// Positions given out afterwards are higher.
    package func apply(_ effect: borrowing Effect, at position: Position) { _ = replay(effect, at: position) }

    package func replay(_ effect: borrowing Effect, at position: Position) -> UInt64 {
        context.pointee.advance(past: position)
        switch copy effect {
        case .put(let key, let value, _, _, .boards):
            applyBoardRow(RawBytes(key), RawBytes(value), at: position)
            return 0
        case .delete(let key, _, _, _, _, .boards):
            applyBoardRow(RawBytes(key), nil, at: position)
            return 0
        case .put(let key, let value, let fields, let state, let kind):
            return onShard(of: key, kind) { shard, key, hash in
                shard.replayPut(key, hash, RawBytes(value), RawBytes(fields), state, position)
            }
        case .extend(let key, let bytes, let end, let modifiedAt, let kind):
            return onShard(of: key, kind) { shard, key, hash in
                shard.replayExtend(key, hash, RawBytes(bytes), end, modifiedAt, position)
            }
        case .truncate(let key, let length, let modifiedAt, let kind):
            return onShard(of: key, kind) { shard, key, hash in
                shard.replayTruncate(key, hash, length, modifiedAt, position)
            }
        case .patch(let key, let edits, let modifiedAt, let kind):
            return onShard(of: key, kind) { shard, key, hash in
                shard.replayPatch(key, hash, RawBytes(edits), modifiedAt, position)
            }
        case .lifetime(let key, let lifetime, let freshUntil, let kind):
            return onShard(of: key, kind) { shard, key, hash in
                shard.replayLifetime(key, hash, EntryTimes(lifetime, freshUntil: freshUntil), position)
            }
        case .delete(let key, let reason, let at, let version, let keptUntil, let kind):
            return onShard(of: key, kind) { shard, key, hash in
                let deletion = version.map { CallerDeletion(version: $0, keptUntil: keptUntil) }
                shard.replayDelete(key, hash, reason, at, deletion, position)
            }
        }
    }

    package func forgetDepartures() {
        for number in 0..<shardCount { locked(shards[number]) { $0.departures.forgetSome() } }
    }

    /// States of other kinds may be few or all of the entries: each half of the shards expects all of them, and a
    /// sub-table makes room only once something is put into it.
    package func beginLoading(entries: Int) {
        for number in 0..<allShardCount { locked(shards[number]) { $0.expect(entries: entries / shardCount) } }
    }

    package func endLoading() {
        for number in 0..<allShardCount { locked(shards[number]) { $0.settle() } }
    }

    private func onShard(
        of key: Span<UInt8>, _ kind: Kind, _ body: (inout Shard, RawBytes, UInt64) -> Void
    ) -> UInt64 {
        if kind == .keys {
            let key = RawBytes(key)
            let hash = hasher.hash(key)
            return replay(on: shard(hash), key, hash, body)
        }
        var stored = IOBuffer(capacity: key.count + 1)
        stored.append(kind.number)
        stored.append(key)
        let target = stateKey(RawBytes(stored.readable))
        defer { extendLifetime(of: stored) }
        return replay(on: shards[target.shard], target.key, target.hash, body)
    }

    private func replay(
        on shard: LockedShard, _ key: RawBytes, _ hash: UInt64, _ body: (inout Shard, RawBytes, UInt64) -> Void
    ) -> UInt64 {
        locked(shard) {
            let before = $0.digest
            body(&$0, key, hash)
            // What was read from the log is not news to it.
            $0.recordedDigest = $0.digest
            // What has ended since is for the log to say, not for this engine's clock.
            $0.payForWaste(Instant(milliseconds: .min))
            return $0.digest &- before
        }
    }

    /// Keeps the buffer alive to here: its bytes were used through a pointer.
    @inline(never)
    private func extendLifetime(of buffer: borrowing IOBuffer) {}
}
