import Bytes
import CacheModel

/// What a step under the lock came to.
enum Step {
    case done
    /// So many bytes must leave other shards before the operation can be tried again.
    case missing(Int)
}

extension Shard {
    mutating func put(_ hash: UInt64, _ put: borrowing Put, _ now: Instant, reply: inout Reply) -> Step {
        let key = RawBytes(put.key)
        if isTooLarge(put) {
            reply.outcome = .tooLarge
            return .done
        }
        while true {
            let found = find(key, hash)
            let visible = findVisible(found, now)
            let stored = storedVersion(visible?.entry, hash, now: now)
            if isStale(put.version, stored: stored) {
                answerStaleVersion(visible?.entry, stored: stored, reply: &reply)
                return .done
            }
            guard holds(put.precondition, for: visible?.entry) else {
                answerFailedPrecondition(visible?.entry, reply: &reply)
                return .done
            }
            var draft = draft(
                key, value: RawBytes(put.value), fields: RawBytes(put.fields), put.lifetime, over: visible?.entry, now)
            draft.version = put.version?.value ?? stored
            switch ensureRoom(for: draft, over: found, hash, now: now) {
            case .ready: break
            case .moved: continue
            case .missing(let bytes): return .missing(bytes)
            }
            commit(draft, over: found, visible: visible, hash, wantsPrevious: put.wantsPrevious, reply: &reply)
            return .done
        }
    }

    private func isTooLarge(_ put: borrowing Put) -> Bool {
        put.value.count > context.pointee.limits.valueBytes || put.key.count > Limits.keyBytes
            || put.fields.count > Limits.fieldsBytes
    }

    func draft(
        _ key: RawBytes, value: RawBytes, fields: RawBytes, _ change: LifetimeChange, over entry: Entry?,
        _ now: Instant
    ) -> EntryDraft {
        var draft = EntryDraft(key: key)
        draft.fields = fields
        draft.front = value
        draft.modifiedEighths = Self.eighths(now)
        switch change {
        case .keep: draft.times = entry?.times ?? EntryTimes()
        case .set(let lifetime): draft.times = EntryTimes(lifetime, at: now)
        }
        return draft
    }

    static func eighths(_ now: Instant) -> UInt64 { UInt64(max(0, now.milliseconds)) / 125 }

    /// Makes the write: takes a position, stores, answers, and tells the log and those who watch.
    mutating func commit(
        _ draft: EntryDraft, over found: Found?, visible: Found?, _ hash: UInt64, wantsPrevious: Bool,
        reply: inout Reply
    ) {
        var draft = draft
        draft.position = takePosition()
        reply.written = draft.position
        reply.outcome = visible == nil ? .created : .replaced
        let givesPrevious = wantsPrevious && visible != nil
        if givesPrevious, let visible { answerAll(visible.entry, reply: &reply) }
        let entry = write(draft, over: found, hash)
        if !givesPrevious { entry.fill(&reply.entry) }
        finishPut(entry, hash, wasThere: visible != nil)
    }

    /// What follows every write of a whole entry.
    mutating func finishPut(_ entry: Entry, _ hash: UInt64, wasThere: Bool) {
        counters.writes &+= 1
        if wasThere { evictor.noteUse(of: entry, policy.order, live: index.count) }
        if !wasThere { takeDeletedVersion(hash) }
        recordPut(entry)
        notifyWatches(hash)
    }

    private mutating func recordPut(_ entry: Entry) {
        let isSession = holdsStates && kindIndex(of: entry.key) == Int(Kind.sessions.number)
        guard context.pointee.hasReader || isSession else { return }
        let name = loggedName(entry.key)
        let effect = Effect.put(
            key: name.key.span, value: entry.value.span, fields: entry.fields.span, state: entry.state,
            kind: name.kind)
        record(effect, at: entry.position)
        if isSession, let listener = context.pointee.listener, let event = SessionEvent(effect) {
            listener.happened(event)
        }
    }

    /// The entry holds the version from here on.
    private mutating func takeDeletedVersion(_ hash: UInt64) { deletedVersions.take(hash) }

    /// Like `findVisible(_:_:_:)`, but leaves an entry whose time is over to be overwritten.
    func findVisible(_ found: Found?, _ now: Instant) -> Found? {
        guard let found else { return nil }
        guard !found.entry.flags.isDisjoint(with: .lifetime) else { return found }
        return now.milliseconds < found.entry.times.visibleUntil ? found : nil
    }
}
