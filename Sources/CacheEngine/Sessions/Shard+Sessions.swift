import Bytes
import CacheModel

/// What a shard does for sessions beside running their functions: it keeps the index in step, and turns a session whose
/// time is over into what is remembered of it.
extension Shard {
    // MARK: The index

    /// Tells of the session under a stored key that it was `old` and is `new`; nil where there is none.
    mutating func noteSession(_ key: RawBytes, from old: RawBytes?, to new: RawBytes?, at position: Position) {
        let before = old.flatMap { SessionHead($0.span) }
        let after = new.flatMap { SessionHead($0.span) }
        if let old, let new, let before, let after,
            old.span.extracting(before.indexed).equals(new.span.extracting(after.indexed))
        {
            return
        }
        sessions.live += (after == nil ? 0 : 1) - (before == nil ? 0 : 1)
        sessions.ended += (new != nil && after == nil ? 1 : 0) - (old != nil && before == nil ? 1 : 0)
        let tag = key.number(UInt64.self, 2)
        let (was, now) = (groups(before, old), groups(after, new))
        if let after { moveRows(of: after.handle, tag, from: was, to: now, position) }
        if after == nil, let before { moveRows(of: before.handle, tag, from: was, to: now, position) }
    }

    private func groups(_ head: SessionHead?, _ stored: RawBytes?) -> SessionGroups {
        guard let head, let stored else { return SessionGroups() }
        return SessionGroups(head, in: stored.span, hasher)
    }

    private func moveRows(
        of handle: SessionHandle, _ tag: UInt64, from was: SessionGroups, to now: SessionGroups, _ position: Position
    ) {
        let index = context.pointee.sessions
        var bytes = 0
        for place in 0..<now.count where !was.contains(now.all[place]) {
            bytes += index.add(SessionRows.Row(group: now.all[place], handle: handle, tag: tag))
        }
        for place in 0..<was.count where !now.contains(was.all[place]) {
            bytes += index.remove(SessionRows.Row(group: was.all[place], handle: handle, tag: tag), at: position)
        }
        context.pointee.account.add(bytes)
    }

    // MARK: Ends

    /// Turns a live session whose time is over into what is remembered of it; false for any other entry.
    ///
    /// It needs no room: it is shorter than what was there, and goes over the limit by a segment until that is packed.
    mutating func buryEnded(_ found: Found, _ hash: UInt64, now: Instant) -> Bool {
        guard SessionKeys.isSession(found.entry.key), let head = SessionHead(found.entry.fields.span) else {
            return false
        }
        let times = found.entry.times
        let ended = EndedSession(.expired, head.handle, at: Instant(milliseconds: times.visibleUntil))
        var fields = IOBuffer(capacity: 40)
        ended.append(to: &fields)
        var key = IOBuffer(capacity: SessionKeys.digestKeyBytes)
        key.append(found.entry.key.span)
        var draft = EntryDraft(key: RawBytes(key.readable))
        draft.fields = RawBytes(fields.readable)
        draft.times = EndedSession.times(max: times.expiresAt, ended: ended.at)
        draft.modifiedEighths = Self.eighths(now)
        draft.position = takePosition()
        finishPut(write(draft, over: found, hash), hash, wasThere: true)
        extendLifetime(of: key, fields)
        return true
    }

    /// Keeps the buffers alive to here: their bytes were used through pointers.
    @inline(never)
    private func extendLifetime(of key: borrowing IOBuffer, _ fields: borrowing IOBuffer) {}

    /// Notes in memory alone that a session was looked at.
    func noteSeen(_ entry: Entry, at now: Instant) {
        guard SessionKeys.isSession(entry.key), SessionHead.isLive(entry.fields.span) else { return }
        let place = UnsafeMutableRawPointer(mutating: entry.fields.start) + SessionHead.seenOffset
        place.storeBytes(
            of: max(now.milliseconds, entry.fields.number(Int64.self, SessionHead.seenOffset)), as: Int64.self)
    }

    /// The same, as a lifetime in the log says it.
    func noteSeen(_ entry: Entry, by times: EntryTimes) {
        guard times.idle > 0, times.freshUntil < times.expiresAt else { return }
        noteSeen(entry, at: Instant(milliseconds: times.freshUntil &- times.idle))
    }
}

/// Sessions of a shard.
struct SessionCounts {
    var live = 0
    var ended = 0
}

extension EndedSession {
    /// How long an end is remembered: for the rest of the session's longest time, and a day at least.
    static func times(max expiresAt: Int64, ended at: Instant) -> EntryTimes {
        let kept = at.advanced(byMilliseconds: Limits.sessionEndKept).milliseconds
        return EntryTimes(Lifetime(expiresAt: Instant(milliseconds: Swift.max(expiresAt, kept))), at: at)
    }
}
