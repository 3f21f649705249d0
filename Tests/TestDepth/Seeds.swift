import Foundation

/// The seed that `NUTHATCH_SEED` names to repeat a run, if it does.
package let namedSeed = ProcessInfo.processInfo.environment["NUTHATCH_SEED"].flatMap(UInt64.init)

/// Where a test's random choices come from: `NUTHATCH_SEED` repeats a run. Each night and before a release it is
/// anything; for a change it is always the same, so that nobody is refused for what another made.
///
/// - Parameter round: tells apart the runs of one test.
package func testSeed(_ round: Int = 0) -> UInt64 {
    if let namedSeed { return namedSeed }
    return repetitions(1_000_003 &* UInt64(round + 1), nightly: anySeed(), release: anySeed())
}

private func anySeed() -> UInt64 { .random(in: 1 ... .max) }
