import Bytes
import CacheModel
import Posix
import TestDepth
import Testing

@testable import Durability

/// D5: any subset of unsynced blocks and directory entries is lost, at any call, in the middle of recovery too.
@Suite struct `Loss of power` {
    @Test(arguments: TestPolicy.allCases)
    func `costs no more than the policy says`(policy: TestPolicy) throws {
        let count = repetitions(850, nightly: 85_000, release: 85_000) as UInt64
        for seed in firstSeed..<firstSeed + count {
            var life = SimulatedLife(policy: policy, seed: seed)
            do {
                try life.run(rounds: 4)
            } catch {
                Issue.record("NUTHATCH_SEED=\(seed) \(policy): \(error)")
                return
            }
        }
    }
}

/// What must not happen.
struct BrokenPromise: Error, CustomStringConvertible {
    var description: String
}

/// A server's life of starts, writes and crashes on one simulated disk.
struct SimulatedLife {
    let policy: TestPolicy
    let seed: UInt64
    private let disk = SimulatedDisk()
    private var random: SplitMix64
    private var ledger = Ledger()
    /// Records that some recovery has shown and synced.
    private var settled = 0
    private var hasLostPower = false
    private var now: Int64 = 1_000_000

    init(policy: TestPolicy, seed: UInt64) {
        self.policy = policy
        self.seed = seed
        random = SplitMix64(seed: seed)
    }

    mutating func run(rounds: Int) throws {
        for _ in 0..<rounds {
            if random.next() & 3 == 0 { disk.writeShort(seed: random.next()) }
            disk.failPower(after: Int(random.next() % 150))
            do {
                let recovered = try start()
                try write(recovered)
            } catch let error as RecoveryError {
                // Only the power may have stopped it.
                guard case .system(let reason) = error, reason.isDeviceFailure else { throw error }
            }
            crash()
        }
        _ = try start()
    }

    private mutating func crash() {
        if random.next() % 3 == 0 {
            disk.kill()
        } else {
            disk.losePower(&random)
            hasLostPower = true
        }
    }

    private mutating func start() throws -> Recovered {
        let recovered = try recover(disk, policy: policy)
        try check(recovered)
        return recovered
    }

    /// The state is that after a prefix of what was written, long enough for what was promised, between groups.
    private mutating func check(_ recovered: borrowing Recovered) throws {
        let end = recovered.end.last
        let count = ledger.records.firstIndex { $0.position.number > end.number } ?? ledger.records.count
        if count < settled { throw BrokenPromise(description: "\(settled) were settled, \(count) are there") }
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

    private mutating func write(_ recovered: consuming Recovered) throws {
        if ledger.records.isEmpty { ledger.start = recovered.end.last }
        var log = TestLog(recovered, policy: policy, seed: random.next(), now: now)
        do throws(SystemError) {
            for _ in 0..<random.next() % 60 { try log.writeBatch(&ledger) }
        } catch {
            guard error.isDeviceFailure else { throw error }
        }
        now = max(now, ledger.records.last?.time.milliseconds ?? now)
    }
}
