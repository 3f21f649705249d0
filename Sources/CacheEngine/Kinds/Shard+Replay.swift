import Bytes
import CacheModel

/// Applying records of the log to one shard.
extension Shard {
    mutating func expect(entries: Int) { index.expect(entries: entries) }

    mutating func settle() {
        let before = index.bytes
        index.settle()
        context.pointee.account.add(index.bytes - before)
    }

    mutating func replayPut(
        _ key: RawBytes, _ hash: UInt64, _ value: RawBytes, _ fields: RawBytes, _ state: EntryState,
        _ position: Position
    ) {
        let found = find(key, hash)
        if let found, found.entry.position >= position { return }
        var draft = EntryDraft(key: key)
        draft.fields = fields
        draft.front = value
        draft.position = position
        draft.modifiedEighths = Self.eighths(state.modifiedAt)
        draft.times = EntryTimes(state.lifetime, freshUntil: state.freshUntil)
        draft.version = state.version
        _ = write(draft, over: found, hash)
        deletedVersions.take(hash)
        notifyWatches(hash)
    }

    mutating func replayExtend(
        _ key: RawBytes, _ hash: UInt64, _ added: RawBytes, _ end: ExtendEnd, _ modifiedAt: Instant,
        _ position: Position
    ) {
        guard let found = find(key, hash), found.entry.position < position else { return }
        var draft = extended(found, key, hash, by: added, at: end, fields: .empty, modifiedAt)
        draft.position = position
        _ = write(draft, over: found, hash)
        notifyWatches(hash)
    }

    mutating func replayTruncate(
        _ key: RawBytes, _ hash: UInt64, _ length: Int, _ modifiedAt: Instant, _ position: Position
    ) {
        guard let found = find(key, hash), found.entry.position < position else { return }
        var draft = draft(keeping: found.entry, value: found.entry.value.prefix(max(0, length)), modifiedAt)
        draft.position = position
        _ = write(draft, over: found, hash)
        notifyWatches(hash)
    }

    mutating func replayLifetime(_ key: RawBytes, _ hash: UInt64, _ times: EntryTimes, _ position: Position) {
        guard let found = find(key, hash), found.entry.position < position else { return }
        let entry = setTimes(times, of: found, hash)
        if holdsStates { noteSeen(entry, by: times) }
        watches.nextEnd = min(watches.nextEnd, times.freshUntil)
    }

    mutating func replayDelete(
        _ key: RawBytes, _ hash: UInt64, _ reason: MissReason, _ at: Instant, _ deletion: CallerDeletion?,
        _ position: Position
    ) {
        if let found = find(key, hash) {
            guard found.entry.position < position else { return }
            digest &-= StateDigest.mix(hash, found.entry.position)
            erase(found)
        }
        noteDeparture(hash, reason, isGhost: false, at: at)
        if let deletion { leave(deletion, key.copied, hash, at: position, now: at) }
        notifyWatches(hash)
    }
}
