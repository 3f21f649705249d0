import Bytes
import CacheModel
import Posix
import TestDepth
import Testing

@testable import Durability

/// D5: any subset of unsynced blocks and directory entries is lost, at any call, in the middle of recovery too.
@Suite struct `Loss of power` {
    /// A life has four crashes, mostly losses of power: 4 times 213 lives with each of three policies come to some
    /// 10,200 states. In parts, so that all cores have some.
    @Test(arguments: FsyncPolicy.allCases, 0..<4)
    func `costs no more than the policy says`(policy: FsyncPolicy, part: UInt64) throws {
        let count = repetitions(213, nightly: 21_250, release: 21_250) as UInt64
        let first = firstSeed + part * count
        for seed in first..<first + count {
            var life = SimulatedLife(policy: policy, seed: seed)
            do {
                try life.run(rounds: 4)
            } catch {
                let trace = Trace()
                var again = SimulatedLife(policy: policy, seed: seed, trace: trace)
                try? again.run(rounds: 4)
                Issue.record("NUTHATCH_SEED=\(seed) \(policy): \(error)\n\(trace.text)")
                return
            }
        }
    }

    @Test(arguments: FsyncPolicy.allCases)
    func `finds the same bytes where the seed is the same`(policy: FsyncPolicy) throws {
        for seed in firstSeed..<firstSeed + 10 {
            var lives = [SimulatedLife(policy: policy, seed: seed), SimulatedLife(policy: policy, seed: seed)]
            for index in lives.indices { try lives[index].run(rounds: 4) }
            #expect(lives[0].disk.image == lives[1].disk.image, "NUTHATCH_SEED=\(seed) \(policy)")
            #expect(lives[0].disk.calls == lives[1].disk.calls, "NUTHATCH_SEED=\(seed) \(policy)")
        }
    }
}

/// A server's life of starts, writes and crashes on one simulated disk.
struct SimulatedLife {
    let policy: FsyncPolicy
    let disk = SimulatedDisk()
    private let time = SimulatedTime()
    private let trace: Trace?
    private let seed: UInt64
    private var random: SplitMix64
    private var ledger = Ledger()
    /// Records that some recovery has shown and synced.
    private var settled = 0
    private var hasLostPower = false

    init(policy: FsyncPolicy, seed: UInt64, trace: Trace? = nil) {
        self.policy = policy
        self.seed = seed
        self.trace = trace
        random = SplitMix64(seed: seed)
        disk.take(time, seed: random.next())
    }

    mutating func run(rounds: Int) throws {
        for _ in 0..<rounds {
            if random.next() & 3 == 0 { disk.writeShort(seed: random.next()) }
            disk.failPower(after: Int(random.next() % 150))
            do {
                let recovered = try start()
                try serve(recovered)
            } catch let error as RecoveryError {
                // Only the power may have stopped it.
                guard case .system(let reason) = error, reason.isDeviceFailure else { throw error }
            }
            crash()
        }
        _ = try start()
    }

    private mutating func crash() {
        disk.refuseNext(nil)
        if random.next() % 3 == 0 {
            disk.kill()
            trace?.note(time, "the process is killed")
        } else {
            disk.losePower(&random)
            hasLostPower = true
            trace?.note(time, "the power is lost")
        }
    }

    private mutating func start() throws -> Recovered {
        let recovered = try recover(disk, policy: policy, seed: seed)
        trace?.note(time, "a start finds \(recovered.end.last.text)")
        try check(recovered)
        return recovered
    }

    private mutating func serve(_ recovered: consuming Recovered) throws {
        if ledger.records.isEmpty { ledger.start = recovered.end.last }
        var server = SimulatedServer(
            recovered, policy: policy, on: disk, at: time, seed: random.next(), trace: trace)
        try server.run(events: Int(random.next() % 200), &ledger)
    }

    /// The state is that after a prefix of what was written, long enough for what was promised, between groups.
    private mutating func check(_ recovered: borrowing Recovered) throws {
        let end = recovered.end.last
        let count = ledger.records.firstIndex { $0.position.number > end.number } ?? ledger.records.count
        if count < settled { throw BrokenPromise(description: "\(settled) were settled, \(count) are there") }
        if ledger.confirmed.number > end.number {
            throw BrokenPromise(description: "synced to \(ledger.confirmed.text), there is \(end.text)")
        }
        if count > 0, ledger.records[count - 1].remaining > 0 {
            throw BrokenPromise(description: "a part of a group at \(end.text)")
        }
        try checkLoss(count)
        let model = ledger.fold(count)
        guard let state = recovered.state as? FoldedState, state.entries == model.entries,
            recovered.digest == model.digest
        else { throw BrokenPromise(description: "another state than after \(count) records") }
        ledger.records.removeLast(ledger.records.count - count)
        settled = count
        hasLostPower = false
    }

    private func checkLoss(_ count: Int) throws {
        let promised = ledger.acknowledged
        guard count < promised else { return }
        let lost = ledger.records[count..<promised]
        let span = lost.last!.acknowledgedAt! - lost.first!.acknowledgedAt!
        switch (hasLostPower, policy) {
        case (true, .no): return
        case (true, .everysec) where span <= 1000: return
        default:
            throw BrokenPromise(
                description: "\(lost.count) acknowledged records lost over \(span) ms, power lost: \(hasLostPower)")
        }
    }
}
