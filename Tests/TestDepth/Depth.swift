import Foundation

/// How often a test repeats for each change, each night and each release: `NUTHATCH_TEST_DEPTH` is change, nightly or
/// release.
package func repetitions<Count: BinaryInteger>(_ change: Count, nightly: Count, release: Count) -> Count {
    switch depth {
    case "change": change
    case "nightly": nightly
    case "release": release
    case let other: fatalError("NUTHATCH_TEST_DEPTH is change, nightly or release, not \(other)")
    }
}

/// Asked for once: looking through the environment takes longer than a step of some models.
private let depth = ProcessInfo.processInfo.environment["NUTHATCH_TEST_DEPTH"] ?? "change"
