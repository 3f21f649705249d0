import Bytes
import CacheModel

extension Shard {
    mutating func touch(_ hash: UInt64, _ touch: borrowing Touch, _ now: Instant, reply: inout Reply) -> Step {
        let key = RawBytes(touch.key)
        while true {
            guard let visible = findVisible(key, hash, now) else {
                answerMiss(find(key, hash), hash, now, reply: &reply)
                return .done
            }
            guard holds(touch.precondition, for: visible.entry) else {
                answerFailedPrecondition(visible.entry, reply: &reply)
                return .done
            }
            switch apply(touch.change, to: visible, hash, now, reply: &reply) {
            case .ready: break
            case .moved: continue
            case .missing(let bytes): return .missing(bytes)
            }
            guard let entry = find(key, hash)?.entry else { preconditionFailure("a touched entry went away") }
            evictor.noteUse(of: entry, policy.order, live: index.count)
            reply.outcome = .hit
            if touch.wantsValue { answerAll(entry, reply: &reply) } else { entry.fill(&reply.entry) }
            return .done
        }
    }

    private mutating func apply(
        _ change: TouchChange, to found: Found, _ hash: UInt64, _ now: Instant, reply: inout Reply
    ) -> Room {
        var times = found.entry.times
        switch change {
        case .slide:
            slide(found, hash, now)
            return .ready
        case .lifetime(let lifetime):
            times = self.times(lifetime, keepingWindowsOf: times, now)
        case .stale:
            times.end(at: now)
        }
        let room = ensureRoom(for: times, over: found, hash, now: now)
        guard case .ready = room else { return room }
        changeTimes(times, of: found, hash, reply: &reply)
        return .ready
    }

    /// Room must have been made.
    mutating func changeTimes(_ times: EntryTimes, of found: Found, _ hash: UInt64, reply: inout Reply) {
        let entry = setTimes(times, of: found, hash)
        reply.written = takePosition()
        recordLifetime(entry, at: reply.written)
        watches.nextEnd = min(watches.nextEnd, times.freshUntil)
    }

    /// A new lifetime; the stale windows are the entry's own.
    func times(_ lifetime: Lifetime, keepingWindowsOf old: EntryTimes, _ now: Instant) -> EntryTimes {
        var lifetime = lifetime
        lifetime.staleWhileRevalidate = old.staleWhileRevalidate
        lifetime.staleIfError = old.staleIfError
        return EntryTimes(lifetime, at: now)
    }

    /// Room to write the entry anew when the times need other parts than it has.
    mutating func ensureRoom(for times: EntryTimes, over found: Found, _ hash: UInt64, now: Instant) -> Room {
        if times.flags == found.entry.flags.intersection(.lifetime) { return .ready }
        return ensureRoom(for: draft(copying: found.entry, times), over: found, hash, now: now)
    }

    /// Gives an entry other times; its content and position stay. Room must have been made.
    mutating func setTimes(_ times: EntryTimes, of found: Found, _ hash: UInt64) -> Entry {
        if times.flags == found.entry.flags.intersection(.lifetime) {
            found.entry.setTimes(times)
            store.noteRemoval(found.reference, at: times.removal)
            return found.entry
        }
        return write(draft(copying: found.entry, times), over: found, hash)
    }

    func draft(copying entry: Entry, _ times: EntryTimes) -> EntryDraft {
        var draft = EntryDraft(key: entry.key)
        draft.fields = entry.fields
        draft.shared = entry.shared
        if draft.shared == nil { draft.front = entry.inlineValue }
        draft.position = entry.position
        draft.modifiedEighths = entry.modifiedEighths
        draft.times = times
        draft.version = entry.version
        return draft
    }
}
