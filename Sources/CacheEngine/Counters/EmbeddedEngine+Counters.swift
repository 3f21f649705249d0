import Bytes
import CacheModel

extension EmbeddedEngine {
    func counter(_ command: CounterCommand, _ now: Instant, _ reply: inout Reply) {
        reply.workspace.keys.removeAll()
        CounterKeys.append(main: command.name, to: &reply.workspace.keys)
        let target = stateKey(RawBytes(reply.workspace.keys.readable))
        change(target, by: CounterChange(command), now, &reply)
        guard case .hit = reply.outcome else { return }
        switch command.action {
        case .uniques(let window): uniques(command, over: window, target, now, &reply)
        case .top(let window, let most): top(command, over: window, most: most, target, now, &reply)
        default: break
        }
    }

    func counterAdds(_ command: CounterAdds, _ now: Instant, _ reply: inout Reply) {
        if command.adds.count == 1, command.adds[0].unique == nil, command.adds[0].item == nil {
            return counterAdd(command, now, &reply)
        }
        let targets = targets(of: command, &reply.workspace)
        let base = reply.workspace.keys.count
        let numbers = Set(targets.map(\.shard)).sorted()
        change(on: numbers, by: CounterAdditions(command, targets), now, &reply)
        reply.workspace.keys.truncate(to: base)
        finish(&reply, adds: command.adds.count)
    }

    private func counterAdd(_ command: CounterAdds, _ now: Instant, _ reply: inout Reply) {
        reply.workspace.keys.removeAll()
        CounterKeys.append(main: command.bytes.extracting(command.adds[0].name), to: &reply.workspace.keys)
        let target = stateKey(RawBytes(reply.workspace.keys.readable))
        let step = CounterStep(add: command.adds[0], now: now, zones: command.zones)
        change(target, by: CounterAddition(step, command.precondition), now, &reply)
    }

    /// For one add the outcome is the counter's own.
    private func finish(_ reply: inout Reply, adds: Int) {
        guard adds == 1, let answer = reply.counters.answers.first else { return }
        switch reply.outcome {
        case .groupDone, .groupFailed: reply.outcome = answer.outcome
        default: break
        }
    }

    /// The counters' keys in the workspace, and room there for those of all parts: keys must not move while they are in
    /// use.
    private func targets(of command: CounterAdds, _ workspace: inout Workspace) -> [StateKey] {
        var room = 0
        for index in command.adds.indices {
            let name = Int(command.adds[index].name.count)
            room += (name + CounterKeys.partBytes) * (1 + 2 * (1 + Limits.counterWindows))
        }
        workspace.keys.removeAll(keeping: 1 << 16)
        workspace.keys.reserve(room)
        var targets: [StateKey] = []
        for index in command.adds.indices {
            let start = workspace.keys.count
            CounterKeys.append(main: command.bytes.extracting(command.adds[index].name), to: &workspace.keys)
            let key = RawBytes(workspace.keys.readable.extracting(start..<workspace.keys.count))
            targets.append(stateKey(key))
        }
        return targets
    }

    // MARK: Uniques and items

    /// Merges the buckets of a window, some at a time under the shard's lock. A bucket that others write meanwhile is
    /// seen before or after; for an estimate that is the same.
    private func forEachPart(
        _ part: CounterKeys.Part, of command: CounterCommand, over milliseconds: Int64?, _ main: StateKey,
        _ now: Instant, _ reply: inout Reply, _ body: (RawBytes) -> Void
    ) -> Bool {
        guard let settings = CounterState(reply.value.readable)?.settings else { return false }
        guard let zone = command.zones.find(settings.zone) else {
            reply.outcome = .needsZone
            reply.value.removeAll()
            reply.value.append(settings.zone)
            return false
        }
        var window: CounterWindow?
        var buckets: ClosedRange<Int64> = 0...0
        if let milliseconds {
            guard let found = settings.window(over: milliseconds) else { return notKept(&reply) }
            window = found
            let last = found.bucket(at: now, zone)
            buckets = last - found.buckets(over: milliseconds) + 1...last
        } else if !settings.keepsTotal {
            return notKept(&reply)
        }
        reply.counters.window = window
        var keys = IOBuffer()
        for bucket in buckets {
            keys.removeAll()
            CounterKeys.append(part, of: command.name, window, bucket: bucket, to: &keys)
            let key = RawBytes(keys.readable)
            let hash = stateHasher.hash(key)
            locked(shards[main.shard]) { shard in
                if let found = shard.findVisible(key, hash, now) { body(found.entry.value) }
            }
        }
        return true
    }

    private func notKept(_ reply: inout Reply) -> Bool {
        reply.outcome = .windowNotKept
        return false
    }

    private func uniques(
        _ command: CounterCommand, over milliseconds: Int64?, _ main: StateKey, _ now: Instant,
        _ reply: inout Reply
    ) {
        var union = Uniques.Union()
        if forEachPart(.uniques, of: command, over: milliseconds, main, now, &reply, { union.add($0) }) {
            reply.counters.estimate = union.estimate
        }
    }

    private func top(
        _ command: CounterCommand, over milliseconds: Int64?, most: Int, _ main: StateKey, _ now: Instant,
        _ reply: inout Reply
    ) {
        var union = FrequentItems.Union()
        guard forEachPart(.items, of: command, over: milliseconds, main, now, &reply, { union.add($0) }) else { return }
        reply.bytes.removeAll()
        for found in union.top(most) {
            let slice = ByteSlice(start: reply.bytes.count, count: found.item.count)
            reply.bytes.append(found.item)
            reply.counters.items.append(CounterItem(item: slice, count: found.count, error: found.error))
        }
    }
}
