import Bytes
import CacheModel

/// One add to a counter that keeps neither uniques nor items: its entry alone.
struct CounterAddition: StateFunction, ~Escapable {
    let step: CounterStep
    let precondition: Precondition

    @_lifetime(copy precondition)
    init(_ step: CounterStep, _ precondition: consuming Precondition) {
        self.step = step
        self.precondition = precondition
    }

    func decide(_ entry: Entry?, _ now: Instant, reply: inout Reply) -> StateDecision {
        reply.counters.reset()
        reply.value.removeAll()
        guard Shard.holds(precondition, for: entry) else {
            reply.outcome = .preconditionFailed
            entry?.fill(&reply.entry)
            return .none
        }
        let result = step.run(entry, wantsSettings: false, &reply.workspace)
        reply.counters.answers.append(result.answer)
        reply.outcome = result.answer.outcome
        if !result.zone.isEmpty { reply.value.append(result.zone) }
        return result.decision
    }
}

/// Adds to one counter with its uniques and items, or to several counters: all or none.
struct CounterAdditions: StatePlanner, ~Escapable {
    let adds: Span<CounterAdd>
    let bytes: Span<UInt8>
    let precondition: Precondition
    let zones: ZoneSet
    /// The counters' own entries.
    let targets: [StateKey]

    @_lifetime(copy command)
    init(_ command: CounterAdds, _ targets: [StateKey]) {
        adds = command.adds
        bytes = command.bytes
        precondition = command.precondition
        zones = command.zones
        self.targets = targets
    }

    func plan(_ states: borrowing LockedStates, _ now: Instant, into plan: inout StatePlan, reply: inout Reply) {
        reply.counters.reset()
        reply.value.removeAll()
        reply.outcome = .groupDone
        var results: [CounterStep.Result] = []
        for index in adds.indices {
            let add = adds[index]
            let step = CounterStep(add: add, now: now, zones: zones)
            let entry = states.entry(targets[index])
            if index == 0, !Shard.holds(precondition, for: entry) {
                reply.outcome = .preconditionFailed
                entry?.fill(&reply.entry)
                return
            }
            let wantsParts = add.unique != nil || add.item != nil
            let result = step.run(entry, wantsSettings: wantsParts, &reply.workspace)
            reply.counters.answers.append(result.answer)
            switch result.answer.outcome {
            case .created, .replaced: break
            case .needsZone where reply.outcome != .groupFailed:
                reply.outcome = .needsZone
                reply.value.removeAll()
                reply.value.append(result.zone)
            case .needsZone: break
            default: reply.outcome = .groupFailed
            }
            results.append(result)
        }
        guard reply.outcome == .groupDone else { return }
        for index in adds.indices {
            plan.add(targets[index], results[index].decision)
            guard let settings = results[index].settings else { continue }
            addParts(adds[index], settings, targets[index], states, now, into: &plan, &reply.workspace)
        }
    }

    // MARK: Uniques and items

    private func addParts(
        _ add: CounterAdd, _ settings: CounterSettings, _ main: StateKey, _ states: borrowing LockedStates,
        _ now: Instant, into plan: inout StatePlan, _ workspace: inout Workspace
    ) {
        guard let zone = zones.find(settings.zone) else { return }
        if settings.keepsTotal {
            addParts(add, nil, bucket: 0, EntryTimes(), main, states, into: &plan, &workspace)
        }
        for window in settings.windows {
            let bucket = window.bucket(at: now, zone)
            var times = EntryTimes()
            times.freshUntil = window.start(of: bucket + Int64(window.count), zone).milliseconds
            times.expiresAt = times.freshUntil
            addParts(add, window, bucket: bucket, times, main, states, into: &plan, &workspace)
        }
    }

    private func addParts(
        _ add: CounterAdd, _ window: CounterWindow?, bucket: Int64, _ times: EntryTimes, _ main: StateKey,
        _ states: borrowing LockedStates, into plan: inout StatePlan, _ workspace: inout Workspace
    ) {
        let name = bytes.extracting(add.name)
        if let unique = add.unique {
            let target = states.part(.uniques, of: name, window, bucket: bucket, main, &workspace)
            let hash = states.hasher.hash(RawBytes(bytes.extracting(unique)))
            plan.add(target, Uniques.add(hash, to: states.entry(target)?.value, times, &workspace))
        }
        if let item = add.item {
            let target = states.part(.items, of: name, window, bucket: bucket, main, &workspace)
            let bytes = RawBytes(bytes.extracting(item))
            plan.add(
                target,
                FrequentItems.add(
                    bytes, hash: states.hasher.hash(bytes), by: add.by, to: states.entry(target)?.value, times,
                    &workspace))
        }
    }
}

extension LockedStates {
    /// The key of a part, appended to the workspace's keys, which have room for it.
    func part(
        _ part: CounterKeys.Part, of name: Span<UInt8>, _ window: CounterWindow?, bucket: Int64, _ main: StateKey,
        _ workspace: inout Workspace
    ) -> StateKey {
        let start = workspace.keys.count
        CounterKeys.append(part, of: name, window, bucket: bucket, to: &workspace.keys)
        let key = RawBytes(workspace.keys.readable.extracting(start..<workspace.keys.count))
        return StateKey(key: key, hash: hasher.hash(key), shard: main.shard)
    }
}
