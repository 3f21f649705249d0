import Bytes
import CacheModel
import JSON

/// A session goes on under another id, perhaps for another user: the new one, the handle and the end of the old one in
/// one step.
struct SessionMove: StatePlanner, ~Escapable {
    struct Targets {
        let old: StateKey
        let new: StateKey
        let handle: StateKey
        /// Sessions of the new user that make room.
        let surplus: [StateKey]
    }

    let command: SessionRotation
    let targets: Targets

    @_lifetime(copy command)
    init(_ command: SessionRotation, _ targets: Targets) {
        self.command = command
        self.targets = targets
    }

    func plan(_ states: borrowing LockedStates, _ now: Instant, into plan: inout StatePlan, reply: inout Reply) {
        reply.clearSession()
        guard let entry = states.entry(targets.old), let head = entry.liveSession(now, &reply) else { return }
        guard Shard.holds(command.precondition, for: entry) else {
            reply.outcome = .preconditionFailed
            return entry.fill(&reply.entry)
        }
        guard states.entry(targets.new) == nil, let handle = states.entry(targets.handle), handle.sessionDigest != nil
        else {
            return reply.refuse(.exists)
        }
        guard let session = session(entry, head, now, &reply) else { return }
        reply.outcome = .created
        plan.add(targets.new, session)
        plan.add(
            targets.handle,
            .handle(
                leadsTo: command.next, rotations: handle.sessionRotations &+ 1, handle.times, &reply.workspace))
        let ended = EndedSession(
            .rotated, head.handle, at: now, graceEnd: now.advanced(byMilliseconds: command.grace))
        plan.add(targets.old, .end(ended, of: entry, &reply.workspace))
        states.planEnds(of: targets.surplus, now, into: &plan, reply: &reply)
    }

    /// The session as it goes on; nil where that is refused.
    private func session(
        _ entry: Entry, _ head: SessionHead, _ now: Instant, _ reply: inout Reply
    ) -> StateDecision? {
        let stored = entry.fields.span
        let user = if let user = command.user { user } else { stored.extracting(head.user) }
        let start = reply.workspace.drafts.count
        SessionHead.append(
            head.handle, createdAt: head.createdAt, seenAt: now, user: user,
            attributes: head.attributes, in: stored, meta: stored.extracting(head.meta),
            to: &reply.workspace.drafts)
        let fields = ByteSlice(start..<reply.workspace.drafts.count)
        guard appendData(entry, &reply) else { return nil }
        let data = ByteSlice(fields.end..<reply.workspace.drafts.count)
        reply.fields.append(copying: reply.workspace.drafts, in: fields.range)
        reply.value.append(copying: reply.workspace.drafts, in: data.range)
        return StateDecision(
            change: .store(fields: fields, .bytes(data)), times: EntryTimes(entry.times.lifetime, at: now))
    }

    private func appendData(_ entry: Entry, _ reply: inout Reply) -> Bool {
        guard let patch = command.data else {
            reply.workspace.drafts.append(entry.value.span)
            return true
        }
        let start = reply.workspace.drafts.count
        do throws(JSONChangeError) {
            try JSONMergePatch.apply(
                patch, to: entry.value.span, limit: Limits.sessionDataBytes, into: &reply.workspace.drafts)
        } catch {
            reply.refuse(.patch(SessionPatchFailure(error)))
            return false
        }
        if reply.workspace.drafts[start] == 0x7B { return true }
        reply.refuse(.patch(.dataNotObject))
        return false
    }
}
