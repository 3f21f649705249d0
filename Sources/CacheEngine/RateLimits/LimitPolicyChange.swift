import Bytes
import CacheModel

/// What is done to a policy.
struct LimitPolicyChange: StateFunction {
    let name: [UInt8]
    let action: LimitPolicyAction

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        let old = entry.flatMap { LimitPolicy(name: name, stored: $0.value.span) }
        reply.limits.policy = old
        reply.outcome = .hit
        switch action {
        case .read:
            if old == nil { reply.outcome = .miss(.unknown) }
            return .none
        case .put(let settings):
            return write(LimitPolicy(name: name, settings: settings, globs: old?.globs ?? []), &reply)
        case .delete:
            if old == nil { reply.outcome = .miss(.unknown) }
            return old == nil ? .none : .delete
        case .glob(let pattern, let override):
            guard let old else {
                reply.outcome = .miss(.unknown)
                return .none
            }
            return change(old, pattern, override, now, &reply)
        }
    }

    private func change(
        _ old: LimitPolicy, _ pattern: [UInt8], _ override: LimitOverride?, _ now: Instant, _ reply: inout Reply
    ) -> StateDecision {
        var globs = old.globs.filter { $0.pattern != pattern && $0.override.expiresAt > now }
        if let override {
            globs.append(LimitGlob(pattern: pattern, override: override))
        } else if !old.globs.contains(where: { $0.pattern == pattern }) {
            reply.outcome = .miss(.never)
            return .none
        }
        guard globs.count <= LimitPolicy.mostGlobs else {
            reply.outcome = .tooLarge
            return .none
        }
        return write(LimitPolicy(name: name, settings: old.settings, globs: globs), &reply)
    }

    private func write(_ policy: LimitPolicy, _ reply: inout Reply) -> StateDecision {
        policy.append(to: &reply.workspace.drafts)
        reply.limits.policy = policy
        return .put(reply.workspace)
    }
}
