import CacheModel
import Posix

/// The clocks as the log sees them: it has no other time, so that a test can let hours pass. Read once a batch and once
/// or twice a sync, from any thread.
package protocol TimeSource: Sendable {
    /// The wall clock, which may be set.
    var wall: Instant { get }
    /// Nanoseconds on a clock that never jumps.
    var monotonicNanoseconds: Int64 { get }
}

extension TimeSource {
    /// Milliseconds on the clock that never jumps.
    package var monotonicMilliseconds: Int64 { monotonicNanoseconds / 1_000_000 }
}

/// The clocks of the system.
package struct SystemTime: TimeSource {
    package init() {}

    package var wall: Instant { Instant(milliseconds: Clock.wallMilliseconds()) }
    package var monotonicNanoseconds: Int64 { Clock.monotonicNanoseconds() }
}
