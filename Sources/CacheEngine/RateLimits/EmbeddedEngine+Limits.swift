import Bytes
import CacheModel

extension EmbeddedEngine {
    // MARK: Policies

    func limitPolicy(_ command: LimitPolicyCommand, _ now: Instant, _ reply: inout Reply) {
        reply.workspace.keys.removeAll()
        LimitKeys.append(policy: command.name, to: &reply.workspace.keys)
        let target = stateKey(RawBytes(reply.workspace.keys.readable))
        let change = LimitPolicyChange(name: command.name.copied(), action: command.action)
        self.change(target, by: change, now, &reply)
    }

    /// The policy of a question: the stored one, else the settings that came with it.
    private func policy(of item: LimitItem, _ bytes: Span<UInt8>, _ reply: inout Reply) -> LimitPolicy? {
        let name = bytes.extracting(item.policy)
        if context.pointee.rateLimits.refresh(&reply.workspace.policies) { reply.workspace.policy = nil }
        // A loop is asked about the same policy again and again.
        if let last = reply.workspace.policy, last.isNamed(name) { return last }
        let hash = stateHasher.hash(RawBytes(name))
        guard let table = reply.workspace.policies, let found = table.find(name, hash: hash) else { return item.inline }
        reply.workspace.policy = found
        return found
    }

    // MARK: Questions

    func limitCheck(_ command: LimitCheck, _ now: Instant, _ reply: inout Reply) {
        if command.items.count == 1 {
            guard let step = step(command.items[0], command, now, &reply) else { return }
            let target = target(command.items[0], command.bytes, &reply.workspace)
            change(target, by: LimitQuestion(step: step), now, &reply)
            noteDenials(command, &reply)
            return
        }
        var steps: [LimitStep] = []
        for index in command.items.indices {
            guard let step = step(command.items[index], command, now, &reply) else { return }
            steps.append(step)
        }
        let targets = targets(command, &reply.workspace)
        let numbers = Set(targets.map(\.shard)).sorted()
        change(on: numbers, by: LimitQuestions(steps: steps, targets: targets), now, &reply)
        noteDenials(command, &reply)
    }

    private func noteDenials(_ command: LimitCheck, _ reply: inout Reply) {
        guard reply.outcome != .memoryFull, !command.isDry else { return }
        for index in command.items.indices where reply.limits.verdicts[index].isDenial {
            let name = command.bytes.extracting(command.items[index].policy)
            context.pointee.rateLimits.noteDenial(
                command.bytes.extracting(command.items[index].id).copied(), of: stateHasher.hash(RawBytes(name)))
        }
    }

    /// Nil when the answer is a verdict already.
    private func step(
        _ item: LimitItem, _ command: LimitCheck, _ now: Instant, _ reply: inout Reply
    ) -> LimitStep? {
        step(
            item, command.bytes, command.zones, now, &reply, isDry: command.isDry, reserve: command.reserve,
            wait: command.wait, nonce: command.nonce)
    }

    private func step(
        _ item: LimitItem, _ bytes: Span<UInt8>, _ zones: ZoneSet, _ now: Instant, _ reply: inout Reply,
        isDry: Bool = true, reserve: Int64 = 0, wait: Int64 = 0, nonce: UInt64 = 0
    ) -> LimitStep? {
        guard let policy = policy(of: item, bytes, &reply) else { return refuse(.unknownPolicy, &reply) }
        guard let window = LimitWindow.find(policy.settings, zones, now) else {
            reply.value.append(policy.settings.zone)
            reply.outcome = .needsZone
            return nil
        }
        var glob: LimitOverride?
        let id = bytes.extracting(item.id)
        for other in policy.globs where glob == nil {
            if other.override.expiresAt > now, other.matches(id) { glob = other.override }
        }
        let partition = KeyHasher(first: stateHasher.second, second: stateHasher.first).hash(RawBytes(id))
        return LimitStep(
            rule: policy.settings.rule, glob: glob, window: window, cost: item.cost, isDry: isDry, reserve: reserve,
            wait: wait, nonce: nonce, partition: partition, now: now)
    }

    private func refuse(_ answer: LimitVerdict.Answer, _ reply: inout Reply) -> LimitStep? {
        var verdict = LimitVerdict()
        verdict.answer = answer
        reply.limits.verdicts.append(verdict)
        reply.outcome = .miss(.unknown)
        return nil
    }

    private func target(_ item: LimitItem, _ bytes: Span<UInt8>, _ workspace: inout Workspace) -> StateKey {
        workspace.keys.removeAll()
        LimitKeys.append(idsOf: bytes.extracting(item.policy), stateHasher, to: &workspace.keys)
        workspace.keys.append(bytes.extracting(item.id))
        return stateKey(RawBytes(workspace.keys.readable))
    }

    private func targets(_ command: LimitCheck, _ workspace: inout Workspace) -> [StateKey] {
        var room = 0
        for index in command.items.indices { room += Int(command.items[index].id.count) + 128 }
        workspace.keys.removeAll(keeping: 1 << 16)
        workspace.keys.reserve(room)
        var targets: [StateKey] = []
        for index in command.items.indices {
            let start = workspace.keys.count
            LimitKeys.append(
                idsOf: command.bytes.extracting(command.items[index].policy), stateHasher, to: &workspace.keys)
            workspace.keys.append(command.bytes.extracting(command.items[index].id))
            targets.append(stateKey(RawBytes(workspace.keys.readable.extracting(start..<workspace.keys.count))))
        }
        return targets
    }

    // MARK: Changes of one id

    func limitChange(_ command: LimitChange, _ now: Instant, _ reply: inout Reply) {
        guard let step = step(command.item, command.bytes, command.zones, now, &reply) else { return }
        let target = target(command.item, command.bytes, &reply.workspace)
        change(target, by: LimitIDChange(step: step, action: command.action), now, &reply)
    }

    // MARK: Lists

    func limitDenials(_ command: LimitDenials, _ reply: inout Reply) {
        let policy = stateHasher.hash(RawBytes(command.policy))
        reply.outcome = .page
        for found in context.pointee.rateLimits.mostDenied(of: policy, most: command.most) {
            let slice = ByteSlice(start: reply.bytes.count, count: found.id.count)
            reply.bytes.append(found.id)
            reply.counters.items.append(CounterItem(item: slice, count: found.count, error: 0))
        }
    }

    /// A page of a walk over the states' shards: rows whose `key` is an id; `nextCursor` where it goes on.
    func limitList(_ command: LimitList, _ now: Instant, _ reply: inout Reply) {
        reply.workspace.keys.removeAll()
        LimitKeys.append(idsOf: command.policy, stateHasher, to: &reply.workspace.keys)
        let prefix = RawBytes(reply.workspace.keys.readable)
        var cursor = TableCursor(packed: command.cursor ?? 0)
        var budget = 20_000
        reply.outcome = .page
        guard cursor.table < HashIndex.tableCount else { return }
        while cursor.shard < shardCount {
            let next = locked(shards[shardCount + cursor.shard]) { shard in
                shard.walkLimits(cursor, prefix, command.wanted, command.limit, &budget, now, &reply)
            }
            if let next {
                cursor.hash = next
                reply.nextCursor = cursor.packed
                return
            }
            cursor.nextTable()
        }
    }
}

extension Shard {
    /// Adds rows of one sub-table; the slot hash to go on from, nil at its end.
    func walkLimits(
        _ cursor: TableCursor, _ prefix: RawBytes, _ wanted: LimitList.Wanted, _ limit: Int, _ budget: inout Int,
        _ now: Instant, _ reply: inout Reply
    ) -> UInt32? {
        var left = budget
        let next = index.walk(table: cursor.table, from: cursor.hash) { reference in
            let entry = store.entry(reference)
            left -= 1
            if entry.key.starts(with: prefix), isVisible(entry, now), let state = LimitState(entry.value) {
                Self.addRow(state, entry, prefix, wanted, now, &reply)
            }
            return reply.rows.count < limit && left > 0
        }
        budget = left
        return next
    }

    private static func addRow(
        _ state: LimitState, _ entry: Entry, _ prefix: RawBytes, _ wanted: LimitList.Wanted, _ now: Instant,
        _ reply: inout Reply
    ) {
        var verdict = LimitVerdict()
        switch wanted {
        case .blocked:
            guard let until = state.blockedUntil, until > now.milliseconds else { return }
            verdict.blockedUntil = Instant(milliseconds: until)
        case .overrides:
            guard let override = state.override, override.expiresAt > now else { return }
            verdict.override = override
        }
        var row = ReplyRow(outcome: .hit)
        let id = RawBytes(start: entry.key.start + prefix.count, count: entry.key.count - prefix.count)
        row.key = add(id, to: &reply)
        reply.rows.append(row)
        reply.limits.verdicts.append(verdict)
    }
}

extension LimitVerdict {
    /// Whether the caller was, or in a shadow would have been, denied.
    var isDenial: Bool { answer == .denied || answer == .blocked || wouldDeny }
}
