import Bytes
import CacheModel

/// One question to one id of a policy: what is answered, and what becomes of its state.
struct LimitStep: BitwiseCopyable {
    let rule: LimitRule
    let glob: LimitOverride?
    let window: LimitWindow
    let cost: Int64
    let isDry: Bool
    let reserve: Int64
    let wait: Int64
    let nonce: UInt64
    /// A keyed hash of the id.
    let partition: UInt64
    let now: Instant

    /// The state as it is now. A state that no longer makes sense is begun anew.
    func meter(_ entry: Entry?) -> LimitMeter {
        LimitMeter(entry.flatMap { LimitState($0.value) }, rule, glob, window, now)
    }

    /// Whether it may, without taking anything. Figures are those before.
    func judge(_ meter: borrowing LimitMeter) -> LimitVerdict {
        var verdict = LimitVerdict()
        verdict.partition = partition
        if cost > meter.rule.capacity {
            verdict.answer = .neverGrantable
        } else if reserve > 0 && meter.rule.algorithm == .concurrency {
            verdict.answer = .wrongAlgorithm
        } else if reserve > 0 && !meter.canReserve {
            verdict.answer = .tooManyReservations
        } else if wait > 0 && meter.rule.algorithm != .gcra {
            verdict.answer = .wrongAlgorithm
        } else if let until = meter.state.blockedUntil {
            verdict.answer = .blocked
            verdict.blockedUntil = Instant(milliseconds: until)
            verdict.retryAfter = until - now.milliseconds
        } else if !meter.grants(cost) {
            let missing = meter.wait(for: cost)
            if missing <= wait && !isDry {
                verdict.delay = missing
            } else {
                verdict.answer = .denied
                verdict.retryAfter = missing
            }
        }
        guard rule.isShadow else { return verdict }
        if verdict.answer == .denied || verdict.answer == .blocked {
            verdict.answer = .allowed
            verdict.wouldDeny = true
        }
        return verdict
    }

    /// Whether the verdict changes the state: an allowed question with a cost, or a denied one that counts.
    func consumes(_ verdict: LimitVerdict) -> Bool {
        if isDry || cost == 0 { return false }
        switch verdict.answer {
        case .allowed: return !verdict.wouldDeny
        case .denied: return rule.countsDenied
        default: return false
        }
    }

    /// Takes what the verdict allows.
    func take(_ verdict: inout LimitVerdict, from meter: inout LimitMeter) {
        guard consumes(verdict) else { return }
        guard verdict.isAllowed else { return meter.takeDenied(cost) }
        meter.take(cost, lease: nonce)
        if meter.rule.algorithm == .concurrency { verdict.lease = nonce }
        if reserve > 0 { meter.reserve(cost, nonce: nonce, for: reserve) }
    }

    /// Fills in the figures as they are now.
    static func describe(_ meter: borrowing LimitMeter, _ verdict: inout LimitVerdict) {
        verdict.rule = meter.rule
        verdict.remaining = meter.remaining
        verdict.resetAfter = meter.resetAfter
        verdict.moreAfter = meter.moreAfter
        verdict.override = meter.state.override
        verdict.blockedUntil = meter.state.blockedUntil.map { Instant(milliseconds: $0) }
    }

    /// What the entry becomes: gone where nothing of it matters any more.
    static func decision(_ meter: borrowing LimitMeter, wasThere: Bool, _ workspace: inout Workspace) -> StateDecision {
        guard let end = meter.end else { return wasThere ? .delete : .none }
        let start = workspace.drafts.count
        meter.state.append(to: &workspace.drafts)
        var times = EntryTimes()
        times.freshUntil = end
        times.expiresAt = end
        times.loggedFreshUntil = end
        let slice = ByteSlice(start: start, count: workspace.drafts.count - start)
        return StateDecision(change: .put(slice), times: times)
    }
}

/// One question.
struct LimitQuestion: StateFunction {
    let step: LimitStep

    /// A state is only written over, never appended to: what has ended need not be removed first.
    var replacesEnded: Bool { true }

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        reply.limits.verdicts.removeAll(keepingCapacity: true)
        var meter = step.meter(entry)
        var verdict = step.judge(meter)
        step.take(&verdict, from: &meter)
        LimitStep.describe(meter, &verdict)
        let isChanged = step.consumes(verdict)
        reply.limits.verdicts.append(verdict)
        reply.outcome = .hit
        return isChanged ? LimitStep.decision(meter, wasThere: entry != nil, &reply.workspace) : .none
    }
}

/// Several questions, all of which consume or none.
struct LimitQuestions: StatePlanner {
    let steps: [LimitStep]
    let targets: [StateKey]

    func plan(_ states: borrowing LockedStates, _ now: Instant, into plan: inout StatePlan, reply: inout Reply) {
        reply.limits.verdicts.removeAll(keepingCapacity: true)
        var meters: [LimitMeter] = []
        var isAllowed = true
        for index in steps.indices {
            meters.append(steps[index].meter(states.entry(targets[index])))
            let verdict = steps[index].judge(meters[index])
            if !verdict.isAllowed { isAllowed = false }
            reply.limits.verdicts.append(verdict)
        }
        for index in steps.indices {
            let isCounted = !isAllowed && !reply.limits.verdicts[index].isAllowed
            if isAllowed || isCounted { steps[index].take(&reply.limits.verdicts[index], from: &meters[index]) }
            LimitStep.describe(meters[index], &reply.limits.verdicts[index])
            guard isAllowed || isCounted, steps[index].consumes(reply.limits.verdicts[index]) else { continue }
            let wasThere = states.entry(targets[index]) != nil
            plan.add(targets[index], LimitStep.decision(meters[index], wasThere: wasThere, &reply.workspace))
        }
        reply.outcome = .hit
    }
}

/// What is done to one id beside asking.
struct LimitIDChange: StateFunction {
    let step: LimitStep
    let action: LimitAction

    var replacesEnded: Bool { true }

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        reply.limits.verdicts.removeAll(keepingCapacity: true)
        var meter = step.meter(entry)
        var verdict = LimitVerdict()
        verdict.partition = step.partition
        verdict.answer = change(&meter)
        LimitStep.describe(meter, &verdict)
        reply.limits.verdicts.append(verdict)
        reply.outcome = .hit
        if action == .read || !verdict.isAllowed { return .none }
        return LimitStep.decision(meter, wasThere: entry != nil, &reply.workspace)
    }

    private func change(_ meter: inout LimitMeter) -> LimitVerdict.Answer {
        switch action {
        case .read: return .allowed
        case .forget: meter.forget()
        case .block(let milliseconds): meter.block(until: now.milliseconds + milliseconds)
        case .charge(let units):
            if meter.rule.algorithm == .concurrency { return .wrongAlgorithm }
            if units >= 0 { meter.take(units) } else { meter.giveBack(-units) }
        case .override(let override): meter.set(override)
        case .removeOverride:
            if meter.state.override == nil { return .gone }
            meter.set(nil)
        case .renew(let lease, let milliseconds):
            if meter.rule.algorithm != .concurrency { return .wrongAlgorithm }
            return meter.renew(lease, for: milliseconds) ? .allowed : .gone
        case .release(let lease):
            if meter.rule.algorithm != .concurrency { return .wrongAlgorithm }
            return meter.release(lease) ? .allowed : .gone
        case .settle(let nonce, let cost): return meter.settle(nonce, cost: cost) ? .allowed : .gone
        }
        return .allowed
    }

    private var now: Instant { step.now }
}
