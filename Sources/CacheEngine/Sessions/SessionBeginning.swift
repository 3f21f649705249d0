import Bytes
import CacheModel

/// A new session, and the ends of those that make room for it, in one step.
struct SessionBeginning: StatePlanner, ~Escapable {
    let command: SessionCreation
    let target: StateKey
    let handleTarget: StateKey
    let surplus: [StateKey]

    @_lifetime(copy command)
    init(
        _ command: SessionCreation, _ target: StateKey, _ handleTarget: StateKey, surplus: [StateKey]
    ) {
        self.command = command
        self.target = target
        self.handleTarget = handleTarget
        self.surplus = surplus
    }

    func plan(_ states: borrowing LockedStates, _ now: Instant, into plan: inout StatePlan, reply: inout Reply) {
        reply.clearSession()
        guard states.entry(target) == nil, states.entry(handleTarget) == nil else { return reply.refuse(.exists) }
        reply.outcome = .created
        reply.session.refusal = nil
        reply.session.handle = command.handle
        plan.add(target, session(now, &reply))
        let lifetime = Lifetime(expiresAt: command.expiresAt)
        plan.add(
            handleTarget,
            .handle(
                leadsTo: command.digest, rotations: 0, EntryTimes.ofHandle(max: lifetime.expiresAt), &reply.workspace))
        states.planEnds(of: surplus, now, into: &plan, reply: &reply)
    }

    private func session(_ now: Instant, _ reply: inout Reply) -> StateDecision {
        let start = reply.workspace.drafts.count
        SessionHead.append(
            command.handle, createdAt: now, seenAt: now, user: command.user, attributes: command.attributes,
            in: command.bytes, meta: command.meta, to: &reply.workspace.drafts)
        let fields = ByteSlice(start: start, count: reply.workspace.drafts.count - start)
        reply.fields.append(copying: reply.workspace.drafts, in: fields.range)
        reply.workspace.drafts.append(command.data)
        let data = ByteSlice(start: fields.end, count: command.data.count)
        let lifetime = Lifetime(expiresAt: command.expiresAt, idle: command.idle)
        return StateDecision(change: .store(fields: fields, .bytes(data)), times: EntryTimes(lifetime, at: now))
    }
}

extension LockedStates {
    /// Plans the ends of sessions that make room for another; plans nothing at all when one of them goes under another
    /// id by now, and must be looked for again.
    func planEnds(of surplus: [StateKey], _ now: Instant, into plan: inout StatePlan, reply: inout Reply) {
        for target in surplus {
            guard let entry = entry(target) else { continue }
            switch SessionRecord(entry.fields.span) {
            case .live(let head):
                plan.add(target, .end(EndedSession(.capped, head.handle, at: now), of: entry, &reply.workspace))
                reply.session.revoked += 1
            case .ended(let ended) where ended.end == .rotated:
                reply.session.needsAnotherLook = true
                return plan.removeAll()
            case .ended, nil: continue
            }
        }
    }
}

extension StateDecision {
    /// A handle's entry.
    static func handle(
        leadsTo digest: SessionDigest, rotations: UInt32, _ times: EntryTimes, _ workspace: inout Workspace
    ) -> StateDecision {
        let start = workspace.drafts.count
        digest.append(to: &workspace.drafts)
        workspace.drafts.append(littleEndian: rotations)
        let slice = ByteSlice(start: start, count: workspace.drafts.count - start)
        return StateDecision(change: .put(slice), times: times)
    }
}

extension EntryTimes {
    /// A handle stays as long as any end of its session may be remembered.
    static func ofHandle(max: Instant) -> EntryTimes {
        let end = max.advanced(byMilliseconds: Limits.sessionEndKept)
        return EntryTimes(Lifetime(expiresAt: end), freshUntil: end)
    }
}
