import Bytes
import CacheModel
import JSON

/// One command on the session under a digest.
struct SessionStep: StateFunction, ~Escapable {
    let action: SessionAction
    let text: Span<UInt8>
    let precondition: Precondition
    /// What a destroying one says.
    let ending: SessionEnd

    @_lifetime(copy text, copy precondition)
    init(_ action: SessionAction, _ text: Span<UInt8>, _ precondition: consuming Precondition, ending: SessionEnd) {
        self.action = action
        self.text = text
        self.precondition = precondition
        self.ending = ending
    }

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        reply.clearSession()
        guard let entry, let head = entry.liveSession(now, &reply) else { return .none }
        if case .read(let slides, let wantsData) = action {
            return read(entry, slides: slides, wantsData: wantsData, now, &reply)
        }
        guard Shard.holds(precondition, for: entry) else {
            reply.outcome = .preconditionFailed
            return .none
        }
        switch action {
        case .read, .touch: return read(entry, slides: true, wantsData: false, now, &reply)
        case .putData: return putData(entry, head, now, &reply)
        case .patch(let form): return patch(entry, head, form, now, &reply)
        case .destroy:
            reply.outcome = .deleted
            return .end(EndedSession(ending, head.handle, at: now), of: entry, &reply.workspace)
        }
    }

    private func read(
        _ entry: Entry, slides: Bool, wantsData: Bool, _ now: Instant, _ reply: inout Reply
    ) -> StateDecision {
        reply.outcome = .hit
        reply.fields.append(entry.fields.span)
        if slides { reply.fields.replace(at: SessionHead.seenOffset, littleEndian: now.milliseconds) }
        if wantsData { reply.answerData(of: entry) }
        return StateDecision(slides: slides)
    }

    private func putData(
        _ entry: Entry, _ head: SessionHead, _ now: Instant, _ reply: inout Reply
    ) -> StateDecision {
        reply.outcome = .replaced
        let fields = reply.workspace.appendHead(of: entry, seenAt: now)
        let start = reply.workspace.drafts.count
        reply.workspace.drafts.append(text)
        let data = ByteSlice(start: start, count: text.count)
        return StateDecision(
            change: .store(fields: fields, .bytes(data)), times: EntryTimes(entry.times.lifetime, at: now))
    }

    private func patch(
        _ entry: Entry, _ head: SessionHead, _ form: SessionPatchForm, _ now: Instant, _ reply: inout Reply
    ) -> StateDecision {
        SessionDocument.append(entry, head, to: &reply.workspace.texts)
        if let failure = apply(form, &reply) { return reply.refuse(failure) }
        var changed = SessionDocument()
        if let failure = changed.read(reply.workspace.texts, &reply.value) { return reply.refuse(failure) }
        let start = reply.workspace.drafts.count
        let text = RawBytes(reply.workspace.texts.readable)
        SessionHead.append(
            head.handle, createdAt: head.createdAt, seenAt: now, user: entry.fields.span.extracting(head.user),
            attributes: changed.attributes, in: changed.names.readable, meta: changed.meta(in: text.span),
            to: &reply.workspace.drafts)
        let fields = ByteSlice(start..<reply.workspace.drafts.count)
        reply.workspace.drafts.append(changed.data(in: text.span))
        let data = ByteSlice(fields.end..<reply.workspace.drafts.count)
        reply.fields.append(copying: reply.workspace.drafts, in: fields.range)
        reply.value.append(copying: reply.workspace.drafts, in: data.range)
        reply.outcome = .replaced
        let lifetime = Lifetime(expiresAt: Instant(milliseconds: entry.times.expiresAt), idle: changed.idle)
        return StateDecision(change: .store(fields: fields, .bytes(data)), times: EntryTimes(lifetime, at: now))
    }

    /// Leaves the changed document alone in the workspace's texts.
    private func apply(_ form: SessionPatchForm, _ reply: inout Reply) -> SessionPatchFailure? {
        let document = RawBytes(reply.workspace.texts.readable)
        do throws(JSONChangeError) {
            let limit = SessionDocument.longest
            switch form {
            case .merge:
                try JSONMergePatch.apply(text, to: document.span, limit: limit, into: &reply.workspace.edits)
            case .operations:
                try JSONPatch.apply(text, to: document.span, limit: limit, into: &reply.workspace.edits)
            }
        } catch {
            reply.value.append(text.extracting(error.pointer))
            return SessionPatchFailure(error)
        }
        reply.workspace.texts.removeAll()
        reply.workspace.texts.append(copying: reply.workspace.edits)
        reply.workspace.edits.removeAll()
        return nil
    }
}

extension Entry {
    /// The head of a live session, or nil and the refusal in the reply.
    func liveSession(_ now: Instant, _ reply: inout Reply) -> SessionHead? {
        guard let record = SessionRecord(fields.span) else { return nil }
        switch record {
        case .live(let head):
            reply.session.handle = head.handle
            return head
        case .ended(let ended):
            reply.session.handle = ended.handle
            let isInGrace = ended.end == .rotated && now < ended.graceEnd
            reply.refuse(isInGrace ? .rotated : .gone(ended.end, at: ended.at))
            return nil
        }
    }
}

extension StateDecision {
    /// The session under an entry is no more.
    static func end(_ ended: EndedSession, of entry: Entry, _ workspace: inout Workspace) -> StateDecision {
        let start = workspace.drafts.count
        ended.append(to: &workspace.drafts)
        let fields = ByteSlice(start: start, count: workspace.drafts.count - start)
        var decision = StateDecision(change: .store(fields: fields, .bytes(.empty)))
        decision.times = EndedSession.times(max: entry.times.expiresAt, ended: ended.at)
        decision.needsNoRoom = true
        decision.keepsOutcome = true
        return decision
    }
}

extension Workspace {
    /// Appends an entry's head to the drafts, seen at a later time.
    mutating func appendHead(of entry: Entry, seenAt now: Instant) -> ByteSlice {
        let start = drafts.count
        drafts.append(entry.fields.span)
        drafts.replace(at: start + SessionHead.seenOffset, littleEndian: now.milliseconds)
        return ByteSlice(start: start, count: drafts.count - start)
    }
}

extension Reply {
    /// Forgets what an earlier try of the same function has said.
    mutating func clearSession() {
        fields.removeAll()
        value.removeAll()
        shared = nil
        session.reset()
        refuse(.unknown)
    }

    mutating func refuse(_ refusal: SessionRefusal) {
        outcome = .sessionRefused
        session.refusal = refusal
    }

    mutating func refuse(_ failure: SessionPatchFailure) -> StateDecision {
        refuse(.patch(failure))
        return .none
    }

    mutating func answerData(of entry: Entry) {
        if let shared = entry.shared {
            self.shared = shared.takeUnretainedValue()
        } else {
            value.append(entry.inlineValue.span)
        }
    }
}
