import Bytes
import CacheModel

extension Shard {
    mutating func truncate(
        _ hash: UInt64, _ truncate: borrowing Truncate, _ now: Instant, reply: inout Reply
    ) -> Step {
        let key = RawBytes(truncate.key)
        while true {
            guard let visible = findVisible(key, hash, now) else {
                answerMiss(find(key, hash), hash, now, reply: &reply)
                return .done
            }
            guard holds(truncate.precondition, for: visible.entry) else {
                answerFailedPrecondition(visible.entry, reply: &reply)
                return .done
            }
            let value = visible.entry.value
            if value.count <= truncate.length {
                visible.entry.fill(&reply.entry)
                reply.outcome = .resized
                return .done
            }
            let draft = self.draft(keeping: visible.entry, value: value.prefix(max(0, truncate.length)), now)
            switch ensureRoom(for: draft, over: visible, hash, now: now) {
            case .ready: break
            case .moved: continue
            case .missing(let bytes): return .missing(bytes)
            }
            commit(draft, over: visible, hash, reply: &reply)
            return .done
        }
    }

    /// The entry as it is, with another value.
    func draft(keeping entry: Entry, value: RawBytes, _ now: Instant) -> EntryDraft {
        var draft = EntryDraft(key: entry.key)
        draft.fields = entry.fields
        draft.front = value
        draft.modifiedEighths = Self.eighths(now)
        draft.times = entry.times
        draft.version = entry.version
        return draft
    }

    private mutating func commit(_ draft: EntryDraft, over found: Found, _ hash: UInt64, reply: inout Reply) {
        var draft = draft
        draft.position = takePosition()
        reply.written = draft.position
        reply.outcome = .resized
        let entry = write(draft, over: found, hash)
        entry.fill(&reply.entry)
        counters.writes &+= 1
        if context.pointee.hasReader {
            record(
                .truncate(key: entry.key.span, length: entry.valueCount, modifiedAt: entry.modifiedAt),
                at: draft.position)
        }
        notifyWatches(hash)
    }
}
