import Bytes
import Glibc

/// Small files read whole, and the standard streams.
public enum Files {
    /// The bytes of a file.
    /// - Throws: when it cannot be read or is longer than `limit` bytes (EFBIG).
    public static func readAll(_ path: String, limit: Int) throws(SystemError) -> [UInt8] {
        let raw = try Syscalls.checked("open \(path)") { open(path, O_RDONLY | O_CLOEXEC) }
        let file = Descriptor(owning: raw)
        return try readToEnd(file.raw, path, limit: limit)
    }

    /// All of standard input.
    public static func readStandardInput(limit: Int) throws(SystemError) -> [UInt8] {
        try readToEnd(0, "standard input", limit: limit)
    }

    private static func readToEnd(_ raw: Int32, _ name: String, limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = piece.withUnsafeMutableBytes { read(raw, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            if count < 0 { throw Syscalls.failure("read \(name)") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: piece[0..<count])
            if bytes.count > limit { throw SystemError(code: EFBIG, call: "read \(name)") }
        }
    }

    public enum Stream: Int32, Sendable { case standardOutput = 1, standardError = 2 }

    /// Writes all bytes to a standard stream; what a closed stream does not take is dropped.
    public static func write(_ bytes: [UInt8], to stream: Stream) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(stream.rawValue, $0.baseAddress! + offset, $0.count - offset)
            }
            if count < 0 && errno == EINTR { continue }
            if count <= 0 { return }
            offset += count
        }
    }

    /// Writes as much of a buffer to a standard stream as goes without waiting for its reader, and consumes it.
    ///
    /// A pipe that is ready takes `PIPE_BUF` bytes at least, so pieces of that size never block, though the stream
    /// itself cannot be made non-blocking: other processes may share it.
    public static func writeReady(_ buffer: inout IOBuffer, to stream: Stream) {
        while !buffer.isEmpty {
            var ready = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
            guard poll(&ready, 1, 0) == 1, ready.revents & Int16(POLLOUT) != 0 else { return }
            let piece = wholeLines(buffer, most: 4096)
            let count = buffer.readable.extracting(0..<piece).withUnsafeBufferPointer {
                Glibc.write(stream.rawValue, $0.baseAddress, $0.count)
            }
            if count <= 0 { return }
            buffer.consume(count)
        }
    }

    /// How many bytes of whole lines come first, at most `most`; `most` where a single line is longer.
    private static func wholeLines(_ buffer: borrowing IOBuffer, most: Int) -> Int {
        if buffer.count <= most { return buffer.count }
        var end = most
        while end > 0, buffer[end - 1] != ASCII.lineFeed { end -= 1 }
        return end > 0 ? end : most
    }

    /// Writes a line to a standard stream.
    public static func writeLine(_ text: String, to stream: Stream) { write(Array((text + "\n").utf8), to: stream) }

    /// Whether a standard stream is a terminal.
    public static func isTerminal(_ stream: Stream) -> Bool { isatty(stream.rawValue) == 1 }
}
