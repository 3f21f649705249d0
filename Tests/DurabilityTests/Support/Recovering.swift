import Bytes
import CacheModel
import Posix
import Synchronization
import TestDepth

@testable import Durability

/// Recovers a disk into a folded state.
func recover(
    _ disk: any Disk, policy: FsyncPolicy = .everysec, strictTail: Bool = false, lanes: Int = 1, seed: UInt64 = 0
) throws(RecoveryError) -> Recovered {
    var options = Recovery.Options()
    options.strictTail = strictTail
    options.lanes = lanes
    options.segmentRoom = 6 << 10
    options.showsOnlySynced = policy == .always
    options.draw(from: seed)
    let recovery = Recovery(disk: disk, options: options, now: Instant(milliseconds: 1_000_000)) { identity in
        FoldedState(last: identity.number.map { Position(epoch: identity.epoch, number: $0) } ?? .none)
    }
    return try recovery.run()
}

extension Recovery.Options {
    /// Gives a new history an id and a secret that the seed decides.
    mutating func draw(from seed: UInt64) {
        let random = SeededWords(seed: seed)
        randomWord = { random.next() }
    }
}

private final class SeededWords: Sendable {
    private let random: Mutex<SplitMix64>

    init(seed: UInt64) { random = Mutex(SplitMix64(seed: seed)) }

    func next() -> UInt64 { random.withLock { $0.next() } }
}

/// The first seed of a run: `NUTHATCH_SEED`, to repeat one, or anything.
let firstSeed: UInt64 = namedSeed ?? Process.randomWord() >> 16
