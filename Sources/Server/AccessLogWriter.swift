import Bytes
import Observability
import Posix
import Synchronization

/// The access log of one loop: lines gather during a turn and leave at its end.
///
/// A reader that has stopped must not stop the server: what it does not take is kept up to a limit, then dropped and
/// counted, and the count is the next line.
struct AccessLogWriter: ~Copyable {
    /// Bytes kept for a slow reader: some thousands of lines.
    private static let most = 1 << 20

    private var lines = IOBuffer()
    private var dropped: UInt64 = 0

    mutating func append(_ record: borrowing AccessRecord) {
        guard lines.count < Self.most else {
            dropped += 1
            return
        }
        if dropped > 0 {
            lines.append("{\"dropped\":")
            lines.append(decimal: dropped)
            lines.append("}\n")
            dropped = 0
        }
        record.append(into: &lines)
    }

    mutating func flush() {
        guard !lines.isEmpty else { return }
        // One loop at a time, or two could both find room for one piece, and the second would block. Who finds the lock
        // taken tries again at the end of its next turn.
        guard Self.stream.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else { return }
        Files.writeReady(&lines, to: .standardOutput)
        Self.stream.store(false, ordering: .releasing)
    }

    /// Taken by the loop that writes.
    private static let stream = Atomic<Bool>(false)
}
