import Bytes
import CacheModel

/// Everything that is done to one counter beside adding.
struct CounterChange: StateFunction, ~Escapable {
    let action: CounterAction
    let precondition: Precondition
    let zones: ZoneSet

    @_lifetime(copy command)
    init(_ command: CounterCommand) {
        action = command.action
        precondition = command.precondition
        zones = command.zones
    }

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        reply.counters.reset()
        reply.value.removeAll()
        entry?.fill(&reply.entry)
        var needsEntry = true
        switch action {
        case .set, .configure: needsEntry = false
        default: break
        }
        guard entry != nil || !needsEntry else {
            reply.outcome = .miss(.unknown)
            return .none
        }
        if case .read = action {
        } else if !Shard.holds(precondition, for: entry) {
            reply.outcome = .preconditionFailed
            return .none
        }
        guard let entry else { return create(reply: &reply) }
        guard let state = CounterState(entry.value.span) else {
            reply.outcome = .miss(.lost)
            return .none
        }
        reply.counters.value = state.value
        return change(state, reply: &reply)
    }

    private func change(_ state: CounterState, reply: inout Reply) -> StateDecision {
        switch action {
        case .read, .uniques, .top:
            reply.outcome = .hit
            reply.value.append(state.bytes)
            return .none
        case .set(let value):
            guard (state.minimum ?? .min)...(state.maximum ?? .max) ~= value else {
                reply.outcome = .outOfBounds
                return .none
            }
            return write(value, state, &reply.workspace)
        case .reset:
            return write(min(max(0, state.minimum ?? .min), state.maximum ?? .max), state, &reply.workspace)
        case .configure(let settings): return configure(state, settings, reply: &reply)
        case .delete: return .delete
        }
    }

    private func write(_ value: Int64, _ state: CounterState, _ workspace: inout Workspace) -> StateDecision {
        let editor = StateEditor(of: state.bytes, in: &workspace)
        editor.set(value, at: 0, in: &workspace)
        return editor.decision(workspace, nil)
    }

    private func create(reply: inout Reply) -> StateDecision {
        switch action {
        case .set(let value):
            CounterState.append(value: value, CounterSettings(), flags: [], to: &reply.workspace.drafts)
        case .configure(let settings):
            let value = min(max(0, settings.lowest), settings.highest)
            CounterState.append(value: value, settings, flags: [], to: &reply.workspace.drafts)
        case .read, .reset, .delete, .uniques, .top: return .none
        }
        return .put(reply.workspace)
    }

    /// New settings keep what was counted: a window may come or grow, but none that is kept may go, shrink or be cut by
    /// another clock.
    private func configure(
        _ state: CounterState, _ settings: CounterSettings, reply: inout Reply
    ) -> StateDecision {
        let old = state.settings
        let keepsAll = old.windows.allSatisfy { window in
            (window.unit == .seconds || old.zone == settings.zone)
                && settings.windows.contains {
                    $0.unit == window.unit && $0.width == window.width && $0.count >= window.count
                }
        }
        guard keepsAll, settings.keepsTotal || !old.keepsTotal else {
            reply.outcome = .settingsDiffer
            return .none
        }
        guard settings.lowest...settings.highest ~= state.value else {
            reply.outcome = .outOfBounds
            return .none
        }
        var rooms: [Int] = []
        var rings: [CounterState.Ring?] = []
        for window in settings.windows {
            let old = old.windows.first { $0.unit == window.unit && $0.width == window.width }
            let ring = old.flatMap { state.ring(of: $0) }
            rooms.append(ring?.room ?? 1)
            rings.append(ring)
        }
        CounterState.append(
            value: state.value, settings, flags: state.flags, rooms: rooms, to: &reply.workspace.drafts)
        let made = CounterStep.rings(in: reply.workspace.drafts.readable)
        let writer = DraftWriter(start: 0)
        for index in made.indices {
            if let ring = rings[index] { writer.copy(ring, of: state, to: made[index], in: &reply.workspace.drafts) }
        }
        return .put(reply.workspace)
    }
}
