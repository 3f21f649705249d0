import Foundation

/// Where a test's random choices come from: `NUTHATCH_SEED` repeats a run. Each night and before a release it is
/// anything; for a change it is always the same, so that nobody is refused for what another made.
///
/// - Parameter round: tells apart the runs of one test.
func testSeed(_ round: Int = 0) -> UInt64 {
    let environment = ProcessInfo.processInfo.environment
    if let named = environment["NUTHATCH_SEED"].flatMap(UInt64.init) { return named }
    guard (environment["NUTHATCH_TEST_DEPTH"] ?? "change") == "change" else { return .random(in: 1 ... .max) }
    return 1_000_003 &* UInt64(round + 1)
}
