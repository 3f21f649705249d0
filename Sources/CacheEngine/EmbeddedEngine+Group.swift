import Bytes
import CacheModel

/// Several keys in one step: all shards involved are locked in rising order, every operation is judged, room is made
/// for all of them, and only then anything is written, under consecutive positions.
extension EmbeddedEngine {
    func group(_ command: Group, _ now: Instant, _ reply: inout Reply) {
        let items = items(of: command)
        let shards = Set(items.map { shardNumber($0.hash) }).sorted()
        var attempts = RoomAttempts()
        while true {
            for number in shards { self.shards[number].lock.lock() }
            let step = run(items, on: shards, now, &reply)
            reply.raiseHorizonToRows()
            for number in shards.reversed() {
                self.shards[number].state.pointee.setHorizon(of: &reply)
                self.shards[number].state.pointee.store.releaseSpares()
                self.shards[number].state.pointee.payForWaste(now)
                self.shards[number].lock.unlock()
            }
            guard case .missing(let bytes) = step else { return }
            if !makeRoom(bytes, from: shards[0], &attempts, now) { break }
        }
        answerFailure(items, [.memoryFull], &reply)
    }

    private func items(of command: Group) -> [GroupItem] {
        var items: [GroupItem] = []
        items.reserveCapacity(command.operations.count)
        let bytes = RawBytes(command.bytes)
        for index in command.operations.indices {
            let operation = command.operations[index]
            let key = RawBytes(command.bytes.extracting(operation.key))
            items.append(GroupItem(operation: operation, key: key, hash: hasher.hash(key), bytes: bytes))
        }
        return items
    }

    /// Judges until room is there without anything having moved, then applies.
    private func run(_ items: [GroupItem], on numbers: [Int], _ now: Instant, _ reply: inout Reply) -> Step {
        while true {
            guard let records = judge(items, now, &reply) else { return .done }
            switch makeRoom(for: items, on: numbers, now) {
            case .moved: continue
            case .missing(let bytes): return .missing(bytes)
            case .ready: break
            }
            apply(items, records: records, now, &reply)
            return .done
        }
    }

    /// How many records the group makes; nil when it fails, which is then answered.
    private func judge(_ items: [GroupItem], _ now: Instant, _ reply: inout Reply) -> Int? {
        var records = 0
        var outcomes: [Outcome] = []
        var hasFailed = false
        var readBytes = 0
        for item in items {
            if case .get = item.operation.verb {
                readBytes += shard(item.hash).state.pointee.find(item.key, item.hash)?.entry.valueCount ?? 0
                if readBytes > Limits.groupReadBytes {
                    hasFailed = true
                    outcomes.append(.tooLarge)
                    continue
                }
            }
            switch shard(item.hash).state.pointee.judge(item, now) {
            case .passes(let count):
                records += count
                outcomes.append(.hit)
            case .fails(let outcome):
                hasFailed = true
                outcomes.append(outcome)
            }
        }
        guard hasFailed else { return records }
        answerFailure(items, outcomes, &reply)
        for index in items.indices where outcomes[index] != .hit {
            let item = items[index]
            shard(item.hash).state.pointee.describe(item, now, &reply.rows[index].info)
        }
        return nil
    }

    /// One outcome for each operation, or one for all.
    private func answerFailure(_ items: [GroupItem], _ outcomes: [Outcome], _ reply: inout Reply) {
        reply.reset()
        reply.outcome = .groupFailed
        for index in items.indices {
            reply.rows.append(ReplyRow(outcome: outcomes[outcomes.count == 1 ? 0 : index]))
        }
    }

    private func makeRoom(for items: [GroupItem], on numbers: [Int], _ now: Instant) -> Shard.Room {
        reserve(on: numbers, now) { number in
            var need = GroupNeed()
            for item in items where shardNumber(item.hash) == number {
                shards[number].state.pointee.addNeed(of: item, to: &need, now)
            }
            return need
        }
    }

    private func apply(_ items: [GroupItem], records: Int, _ now: Instant, _ reply: inout Reply) {
        var run = context.pointee.takePositions(records)
        for item in items {
            let shard = shard(item.hash)
            shard.state.pointee.run = run
            shard.state.pointee.apply(item, now, reply: &reply)
            run = shard.state.pointee.run
            shard.state.pointee.run.left = 0
            addRow(item, shard, &reply)
        }
        reply.outcome = .groupDone
    }

    /// Turns what the reply says of one operation into its row.
    private func addRow(_ item: GroupItem, _ shard: LockedShard, _ reply: inout Reply) {
        var row = ReplyRow(outcome: reply.outcome)
        row.key = Shard.add(item.key, to: &reply)
        row.info = reply.entry
        if case .get = item.operation.verb, reply.outcome == .hit,
            let entry = shard.state.pointee.find(item.key, item.hash)?.entry
        {
            row.fields = Shard.add(entry.fields, to: &reply)
            row.value = Shard.add(entry.value, to: &reply)
        }
        reply.rows.append(row)
        reply.entry = EntryInfo()
        reply.missedAt = nil
    }
}

extension Reply {
    /// A reply of rows reveals what each of them shows.
    mutating func raiseHorizonToRows() {
        for row in rows { reveal(row.info.position) }
    }
}
