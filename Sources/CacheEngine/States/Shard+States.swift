import Bytes
import CacheModel

/// Reading and changing the states of other kinds than keys.
extension Shard {
    /// Runs a function on one entry. The reply's outcome is the function's own, or where it writes what was done.
    mutating func changeState<Function: StateFunction & ~Copyable & ~Escapable>(
        _ target: StateKey, by function: borrowing Function, _ now: Instant, reply: inout Reply
    ) -> Step {
        while true {
            reply.workspace.removePlans()
            let found = findState(target, replacingEnded: function.replacesEnded, now)
            let visible = findVisible(found, now)
            let decision = function.decide(visible?.entry, now, reply: &reply)
            switch prepare(decision, target, over: found, visible: visible, now, reply) {
            case .ready: break
            case .moved: continue
            case .missing(let bytes): return .missing(bytes)
            }
            apply(decision, target, over: found, visible: visible, now, reply: &reply)
            return .done
        }
    }

    /// The entry, and one whose time is over only where it is to be written over.
    mutating func findState(_ target: StateKey, replacingEnded: Bool, _ now: Instant) -> Found? {
        replacingEnded ? find(target.key, target.hash) : findVisible(target.key, target.hash, now)
    }

    /// The draft of a decision; nil where nothing is written or only in place.
    func draft(
        of decision: StateDecision, _ target: StateKey, visible: Found?, _ now: Instant, _ reply: borrowing Reply
    ) -> EntryDraft? {
        switch decision.change {
        case .none, .patch:
            guard let times = decision.times, let visible,
                times.flags != visible.entry.flags.intersection(.lifetime)
            else { return nil }
            return draft(copying: visible.entry, times)
        case .put(let slice):
            var draft = EntryDraft(key: target.key)
            draft.front = RawBytes(reply.workspace.drafts.readable.extracting(slice))
            draft.modifiedEighths = Self.eighths(now)
            draft.times = decision.times ?? visible?.entry.times ?? EntryTimes()
            return draft
        case .store(let fields, let value):
            var draft = EntryDraft(key: target.key)
            draft.fields = RawBytes(reply.workspace.drafts.readable.extracting(fields))
            draft.modifiedEighths = Self.eighths(now)
            draft.times = decision.times ?? visible?.entry.times ?? EntryTimes()
            switch value {
            case .bytes(let slice): draft.front = RawBytes(reply.workspace.drafts.readable.extracting(slice))
            case .kept:
                draft.shared = visible?.entry.shared
                if let visible, draft.shared == nil { draft.front = visible.entry.inlineValue }
            }
            return draft
        case .delete: return nil
        }
    }

    private mutating func prepare(
        _ decision: StateDecision, _ target: StateKey, over found: Found?, visible: Found?, _ now: Instant,
        _ reply: borrowing Reply
    ) -> Room {
        if decision.needsNoRoom { return .ready }
        guard let draft = draft(of: decision, target, visible: visible, now, reply) else { return .ready }
        return ensureRoom(for: draft, over: found, target.hash, now: now)
    }

    /// Does what was decided; room must have been made.
    mutating func apply(
        _ decision: StateDecision, _ target: StateKey, over found: Found?, visible: Found?, _ now: Instant,
        reply: inout Reply
    ) {
        switch decision.change {
        case .none:
            guard let visible else {
                // A function knows that nothing is there, the shard why.
                if case .miss(.unknown) = reply.outcome { answerMiss(found, target.hash, now, reply: &reply) }
                return
            }
            if decision.slides {
                slide(visible, target.hash, now)
                noteSeen(visible.entry, at: now)
            }
            visible.entry.fill(&reply.entry)
            if let times = decision.times {
                changeTimes(times, of: visible, target.hash, reply: &reply)
                find(target.key, target.hash)?.entry.fill(&reply.entry)
            }
        case .put, .store:
            guard let draft = draft(of: decision, target, visible: visible, now, reply) else { return }
            let outcome = reply.outcome
            commit(draft, over: found, visible: visible, target.hash, wantsPrevious: false, reply: &reply)
            if decision.keepsOutcome { reply.outcome = outcome }
        case .patch(let slice):
            guard let visible else { preconditionFailure("a state was changed that is not there") }
            let edits = RawBytes(reply.workspace.edits.readable.extracting(slice))
            commitPatch(edits, visible, target, decision.times, now, reply: &reply)
        case .delete:
            guard let visible else { return }
            visible.entry.fill(&reply.entry)
            counters.deletes &+= 1
            reply.outcome = .deleted
            reply.written = remove(visible, target.hash, .deleted, at: now, now: now)
        }
    }

    private mutating func commitPatch(
        _ edits: RawBytes, _ found: Found, _ target: StateKey, _ times: EntryTimes?, _ now: Instant,
        reply: inout Reply
    ) {
        let position = takePosition()
        patch(found.entry, edits, target.hash, now, position)
        counters.writes &+= 1
        reply.written = position
        reply.outcome = .replaced
        if context.pointee.hasReader {
            let name = loggedName(found.entry.key)
            record(
                .patch(
                    key: name.key.span, edits: edits.span, modifiedAt: found.entry.modifiedAt, kind: name.kind),
                at: position)
        }
        if let times {
            changeTimes(times, of: found, target.hash, reply: &reply)
            reply.written = position
        }
        find(target.key, target.hash)?.entry.fill(&reply.entry)
        notifyWatches(target.hash)
    }

    // MARK: Patches

    /// Overwrites pieces of an entry's value; edits that do not fit it trap.
    mutating func patch(
        _ entry: Entry, _ edits: RawBytes, _ hash: UInt64, _ now: Instant, _ position: Position
    ) {
        precondition(Edits.fit(edits.span, valueCount: entry.valueCount), "edits outside a state")
        if entry.shared != nil { edit(shared: entry, edits) } else { edit(inline: entry, edits) }
        digest &-= StateDigest.mix(hash, entry.position)
        digest &+= StateDigest.mix(hash, position)
        entry.position = position
        entry.modifiedEighths = Self.eighths(now)
    }

    private func edit(inline entry: Entry, _ edits: RawBytes) {
        let start = UnsafeMutableRawPointer(mutating: entry.inlineValue.start)
        var cursor = 0
        while let piece = Edits.next(in: edits.span, at: &cursor) {
            RawBytes(edits.span.extracting(piece.bytes)).copy(to: start + piece.offset)
        }
    }

    /// Where a reader still holds the old bytes they are left to it, and a copy is changed.
    private func edit(shared entry: Entry, _ edits: RawBytes) {
        guard let kept = entry.shared else { return }
        var bytes = kept.takeRetainedValue()
        if !isKnownUniquelyReferenced(&bytes) { bytes = SharedBytes.make(bytes.span) }
        var cursor = 0
        while let piece = Edits.next(in: edits.span, at: &cursor) {
            bytes.edit(at: piece.offset, with: edits.span.extracting(piece.bytes))
        }
        entry.setShared(Unmanaged.passRetained(bytes))
    }

    mutating func replayPatch(
        _ key: RawBytes, _ hash: UInt64, _ edits: RawBytes, _ modifiedAt: Instant, _ position: Position
    ) {
        guard let found = find(key, hash), found.entry.position < position,
            Edits.fit(edits.span, valueCount: found.entry.valueCount)
        else { return }
        patch(found.entry, edits, hash, modifiedAt, position)
        notifyWatches(hash)
    }

    // MARK: Counting

    func kindIndex(of key: RawBytes) -> Int { Int(key.start.load(as: UInt8.self)) }

    mutating func countKind(of key: RawBytes, _ change: Int) {
        let kind = kindIndex(of: key)
        if kind < Kind.count { kinds[kind] += change }
    }
}
