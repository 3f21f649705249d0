import Bytes
import CLinux
import Glibc

/// Every call into the C library, one wrapper each; EINTR is retried here and nowhere else.
public enum Syscalls {
    static let addressInUse = EADDRINUSE

    static func message(for code: Int32) -> String { String(cString: strerror(code)) }

    static func failure(_ call: String) -> SystemError { SystemError(code: errno, call: call) }

    /// Runs a call until a signal no longer interrupts it; negative results become errors.
    @discardableResult
    static func checked(_ call: String, _ body: () -> Int32) throws(SystemError) -> Int32 {
        while true {
            let result = body()
            if result >= 0 { return result }
            if errno != EINTR { throw failure(call) }
        }
    }

    static func close(_ descriptor: Int32) {
        // Linux closes the descriptor even when it reports EINTR: never retried.
        _ = Glibc.close(descriptor)
    }

    // MARK: Streams

    static func result(_ count: Int, _ call: String) -> IOResult {
        if count > 0 { return .processed(count) }
        if count == 0 { return .endOfStream }
        if errno == EAGAIN || errno == EWOULDBLOCK { return .wouldBlock }
        return .failed(failure(call))
    }

    static func receive(_ descriptor: Int32, _ room: UnsafeMutableRawBufferPointer) -> IOResult {
        while true {
            let count = recv(descriptor, room.baseAddress, room.count, 0)
            if count < 0 && errno == EINTR { continue }
            return result(count, "recv")
        }
    }

    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, more: Bool) -> IOResult {
        let flags = Int32(MSG_NOSIGNAL) | (more ? Int32(MSG_MORE) : 0)
        while true {
            let count = Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags)
            if count < 0 && errno == EINTR { continue }
            return result(count, "send")
        }
    }

    static func shutdownWriting(_ descriptor: Int32) { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    // MARK: Options

    static func setOption(
        _ descriptor: Int32, _ level: Int32, _ name: Int32, _ value: Int32, _ what: String
    ) throws(SystemError) {
        var value = value
        try checked("setsockopt \(what)") {
            setsockopt(descriptor, level, name, &value, socklen_t(MemoryLayout<Int32>.size))
        }
    }
}
