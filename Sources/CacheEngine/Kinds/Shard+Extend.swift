import Bytes
import CacheModel

extension Shard {
    mutating func extend(_ hash: UInt64, _ extend: borrowing Extend, _ now: Instant, reply: inout Reply) -> Step {
        let key = RawBytes(extend.key)
        let added = RawBytes(extend.bytes)
        if extend.key.count > Limits.keyBytes || extend.fields.count > Limits.fieldsBytes {
            reply.outcome = .tooLarge
            return .done
        }
        while true {
            let found = find(key, hash)
            let visible = findVisible(found, now)
            let length = (visible?.entry.valueCount ?? 0) + added.count
            if length > min(extend.maximumLength, context.pointee.limits.valueBytes) {
                visible?.entry.fill(&reply.entry)
                reply.outcome = .outOfBounds
                return .done
            }
            guard holds(extend.precondition, for: visible?.entry) else {
                answerFailedPrecondition(visible?.entry, reply: &reply)
                return .done
            }
            let fields = RawBytes(extend.fields)
            let draft = extended(visible, key, hash, by: added, at: extend.end, fields: fields, now)
            switch ensureRoom(for: draft, over: found, hash, now: now) {
            case .ready: break
            case .moved: continue
            case .missing(let bytes): return .missing(bytes)
            }
            commitExtend(draft, over: found, visible, hash, added, extend.end, reply: &reply)
            return .done
        }
    }

    /// The entry with the bytes added; a new one when nothing is visible.
    func extended(
        _ visible: Found?, _ key: RawBytes, _ hash: UInt64, by added: RawBytes, at end: ExtendEnd, fields: RawBytes,
        _ now: Instant
    ) -> EntryDraft {
        var draft = EntryDraft(key: key)
        draft.modifiedEighths = Self.eighths(now)
        draft.version = storedVersion(visible?.entry, hash, now: now)
        draft.fields = visible?.entry.fields ?? fields
        let value = visible?.entry.value ?? .empty
        draft.front = end == .back ? value : added
        draft.back = end == .back ? added : value
        if let visible { draft.times = visible.entry.times }
        return draft
    }

    mutating func commitExtend(
        _ draft: EntryDraft, over found: Found?, _ visible: Found?, _ hash: UInt64, _ added: RawBytes,
        _ end: ExtendEnd, reply: inout Reply
    ) {
        var draft = draft
        draft.position = takePosition()
        reply.written = draft.position
        reply.outcome = visible == nil ? .created : .resized
        let wasThere = visible != nil
        let entry = write(draft, over: found, hash)
        entry.fill(&reply.entry)
        guard wasThere else { return finishPut(entry, hash, wasThere: false) }
        counters.writes &+= 1
        evictor.noteUse(of: entry, policy.order, live: index.count)
        if context.pointee.hasReader {
            record(
                .extend(key: entry.key.span, bytes: added.span, end: end, modifiedAt: entry.modifiedAt),
                at: draft.position)
        }
        notifyWatches(hash)
    }
}
