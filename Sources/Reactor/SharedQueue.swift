import Bytes
import Posix

/// What one reader of many has not been sent yet: parts of bytes that all readers share, in order.
///
/// Without storage when it is empty: most readers wait for events and have nothing queued.
package struct SharedQueue: ~Copyable {
    private var parts: [SharedPart] = []
    /// The parts before this one have been sent.
    private var first = 0
    /// Bytes waiting.
    package private(set) var count = 0

    package init() {}

    package var isEmpty: Bool { count == 0 }

    package mutating func append(_ bytes: SharedBytes, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        parts.append(SharedPart(bytes, range))
        count += range.count
    }

    /// Writes as much as the kernel takes, many parts a call.
    package mutating func flush(to socket: borrowing StreamSocket) -> OutputQueue.Progress {
        var sent = 0
        while count > 0 {
            switch socket.send(gathering: parts[first...]) {
            case .processed(let written):
                sent += written
                advance(by: written)
            case .wouldBlock: return .blocked(sent: sent)
            case .endOfStream, .failed: return .failed
            }
        }
        reset()
        return .drained
    }

    private mutating func advance(by written: Int) {
        count -= written
        var left = written
        while left > 0 {
            let range = parts[first].range
            if left < range.count {
                parts[first].range = (range.lowerBound + left)..<range.upperBound
                return
            }
            left -= range.count
            first += 1
        }
        // What was sent is let go of once it is the larger half.
        if first > 64 && first * 2 > parts.count {
            parts.removeFirst(first)
            first = 0
        }
    }

    /// Forgets everything and gives the storage back.
    package mutating func reset() {
        parts = []
        first = 0
        count = 0
    }
}
