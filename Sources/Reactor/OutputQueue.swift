import Bytes
import Posix

/// What a slow reader has not taken yet: bytes of its own and parts of shared values between them, in order.
public struct OutputQueue: ~Copyable {
    private struct Part {
        /// Where the part stands: so many bytes of `bytes` go out before it, counted from the queue's beginning.
        var offset: Int
        var shared: SharedBytes
        var range: Range<Int>
    }

    public enum Progress: Equatable {
        case drained
        /// The kernel takes no more; `sent` bytes went out in this call.
        case blocked(sent: Int)
        case failed
    }

    private var bytes = IOBuffer()
    /// Bytes of `bytes` that have been consumed since the queue was last empty.
    private var consumed = 0
    private var parts: [Part] = []
    /// Bytes waiting.
    public private(set) var count = 0

    public init() {}

    public var isEmpty: Bool { count == 0 }

    /// - Parameter isSecret: whether the bytes are to be overwritten once they have left.
    public mutating func append(_ added: Span<UInt8>, isSecret: Bool = false) {
        if isSecret { bytes.isSecret = true }
        bytes.append(added)
        count += added.count
    }

    public mutating func append(_ shared: SharedBytes, _ range: Range<Int>) {
        parts.append(Part(offset: consumed + bytes.count, shared: shared, range: range))
        count += range.count
    }

    /// Writes as much as the kernel takes.
    public mutating func flush(to socket: borrowing StreamSocket) -> Progress {
        var sent = 0
        while count > 0 {
            let result = sendNext(to: socket)
            switch result {
            case .processed(let written):
                sent += written
                count -= written
            case .wouldBlock: return .blocked(sent: sent)
            case .endOfStream, .failed: return .failed
            }
        }
        reset()
        return .drained
    }

    private mutating func sendNext(to socket: borrowing StreamSocket) -> IOResult {
        if let part = parts.first, part.offset == consumed {
            let result = socket.send(part.shared.span.extracting(part.range), more: count > part.range.count)
            if case .processed(let written) = result { advancePart(by: written) }
            return result
        }
        let run = parts.first.map { $0.offset - consumed } ?? bytes.count
        let result = socket.send(bytes.readable.extracting(0..<run), more: count > run)
        if case .processed(let written) = result {
            bytes.consume(written)
            consumed += written
        }
        return result
    }

    private mutating func advancePart(by written: Int) {
        let range = parts[0].range
        if written == range.count {
            parts.removeFirst()
        } else {
            parts[0].range = (range.lowerBound + written)..<range.upperBound
        }
    }

    /// Forgets everything and gives the storage back: most connections never block again.
    public mutating func reset() {
        bytes.removeAll()
        bytes.release()
        parts = []
        consumed = 0
        count = 0
    }
}
