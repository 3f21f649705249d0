import Bytes
import Posix

/// What one reader of many has not been sent yet: parts of bytes that all readers share, in order.
///
/// Without storage when it is empty: most readers wait for events and have nothing queued.
public struct SharedQueue: ~Copyable {
    /// The only part, while there is one: the usual case needs no array.
    private var only: SharedPart?
    private var parts: [SharedPart] = []
    /// The parts before this one have been sent.
    private var first = 0
    /// Bytes waiting.
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }

    public mutating func append(_ bytes: SharedBytes, _ range: Range<Int>) {
        guard !range.isEmpty else { return }
        if count == 0 {
            only = SharedPart(bytes, range)
        } else {
            if let first = only.take() { parts.append(first) }
            parts.append(SharedPart(bytes, range))
        }
        count += range.count
    }

    /// Writes as much as the kernel takes, many parts a call.
    public mutating func flush(to socket: borrowing StreamSocket) -> OutputQueue.Progress {
        var sent = 0
        while count > 0 {
            switch send(to: socket) {
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

    private func send(to socket: borrowing StreamSocket) -> IOResult {
        if let only { return socket.send(only.bytes.span.extracting(only.range)) }
        return socket.send(gathering: parts[first...])
    }

    private mutating func advance(by written: Int) {
        count -= written
        if let part = only {
            only = SharedPart(part.bytes, (part.range.lowerBound + written)..<part.range.upperBound)
            return
        }
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
    public mutating func reset() {
        only = nil
        if !parts.isEmpty { parts = [] }
        first = 0
        count = 0
    }
}
