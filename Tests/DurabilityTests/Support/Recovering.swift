import CacheModel
import Posix
import TestDepth

@testable import Durability

/// Recovers a disk into a folded state.
func recover(
    _ disk: any Disk, policy: TestPolicy = .everysec, strictTail: Bool = false, lanes: Int = 1
) throws(RecoveryError) -> Recovered {
    var options = Recovery.Options()
    options.strictTail = strictTail
    options.lanes = lanes
    options.segmentRoom = 6 << 10
    options.showsOnlySynced = policy == .always
    let recovery = Recovery(disk: disk, options: options, now: Instant(milliseconds: 1_000_000)) { identity in
        FoldedState(last: identity.number.map { Position(epoch: identity.epoch, number: $0) } ?? .none)
    }
    return try recovery.run()
}

/// The first seed of a run: `NUTHATCH_SEED`, to repeat one, or anything.
let firstSeed: UInt64 = namedSeed ?? Process.randomWord() >> 16
