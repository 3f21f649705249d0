import CacheModel
import Synchronization

@testable import Durability

/// Clocks that stand still until a test lets time pass.
final class SimulatedTime: TimeSource {
    private struct Clocks {
        var wall: Int64
        var monotonic: Int64
    }

    private let clocks: Mutex<Clocks>

    /// - Parameter now: what both clocks show, in milliseconds.
    init(_ now: Int64 = 1_000_000) { clocks = Mutex(Clocks(wall: now, monotonic: now)) }

    var wall: Instant { Instant(milliseconds: clocks.withLock { $0.wall }) }
    var monotonicNanoseconds: Int64 { now * 1_000_000 }
    /// The monotonic clock, in milliseconds.
    var now: Int64 { clocks.withLock { $0.monotonic } }

    func pass(milliseconds: Int64) {
        clocks.withLock { clocks in
            clocks.wall += milliseconds
            clocks.monotonic += milliseconds
        }
    }

    /// Sets the wall clock and nothing else.
    func stepWall(milliseconds: Int64) { clocks.withLock { $0.wall += milliseconds } }
}
