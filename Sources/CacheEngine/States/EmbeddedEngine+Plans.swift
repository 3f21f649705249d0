import Bytes
import CacheModel

/// Several state entries in one step: their shards are locked in rising order, all is planned, room is made for all of
/// it, and only then anything is written, under consecutive positions.
extension EmbeddedEngine {
    /// - Parameter numbers: the shards of all entries the planner may look at, rising, each once.
    func change<Planner: StatePlanner & ~Copyable & ~Escapable>(
        on numbers: [Int], by planner: borrowing Planner, _ now: Instant, _ reply: inout Reply
    ) {
        var attempts = RoomAttempts()
        while true {
            for number in numbers { shards[number].lock.lock() }
            let step = run(planner, on: numbers, now, &reply)
            for number in numbers.reversed() {
                let shard = shards[number].state
                shard.pointee.store.releaseSpares()
                shard.pointee.payForWaste(now)
                shard.pointee.setHorizon(of: &reply)
                shards[number].lock.unlock()
            }
            guard case .missing(let bytes) = step else { return }
            if !makeRoom(bytes, from: numbers[0], &attempts, now) { break }
        }
        reply.reset()
        reply.outcome = .memoryFull
    }

    private func run<Planner: StatePlanner & ~Copyable & ~Escapable>(
        _ planner: borrowing Planner, on numbers: [Int], _ now: Instant, _ reply: inout Reply
    ) -> Step {
        var plan = StatePlan()
        let states = LockedStates(self, now)
        while true {
            plan.removeAll()
            reply.workspace.removePlans()
            planner.plan(states, now, into: &plan, reply: &reply)
            if plan.writes.isEmpty { return .done }
            switch makeRoom(for: plan, on: numbers, now, reply) {
            case .moved: continue
            case .missing(let bytes): return .missing(bytes)
            case .ready: break
            }
            carryOut(plan, now, &reply)
            return .done
        }
    }

    private func makeRoom(for plan: StatePlan, on numbers: [Int], _ now: Instant, _ reply: borrowing Reply)
        -> Shard.Room
    {
        reserve(on: numbers, now) { number in
            var need = GroupNeed()
            for write in plan.writes where write.target.shard == number {
                shards[number].state.pointee.addNeed(of: write, to: &need, now, reply)
            }
            return need
        }
    }

    private func carryOut(_ plan: StatePlan, _ now: Instant, _ reply: inout Reply) {
        let outcome = reply.outcome
        var run = context.pointee.takePositions(plan.records)
        var (written, entry) = (Position.none, EntryInfo())
        for write in plan.writes {
            let shard = shards[write.target.shard].state
            shard.pointee.run = run
            let visible = shard.pointee.find(write.target.key, write.target.hash)
            shard.pointee.apply(
                write.decision, write.target, over: visible, visible: visible, now, reply: &reply)
            run = shard.pointee.run
            shard.pointee.run.left = 0
            if written == .none { (written, entry) = (reply.written, reply.entry) }
            reply.reveal(reply.written)
        }
        // The reply is about the first entry that was written; its outcome is the planner's.
        (reply.written, reply.entry, reply.outcome) = (written, entry, outcome)
    }
}

extension Shard {
    /// Adds what a write needs to the shard's sum, as if nothing could be written in place.
    func addNeed(of write: StatePlan.Write, to need: inout GroupNeed, _ now: Instant, _ reply: borrowing Reply) {
        let found = find(write.target.key, write.target.hash)
        guard let draft = draft(of: write.decision, write.target, visible: found, now, reply) else { return }
        let chain = chain(for: draft, over: found, write.target.hash)
        need.add(size: draft.size, chain: chain, tail: store.tailRoom(of: chain))
        if draft.shared == nil { need.large += draft.largeBytes }
    }
}
